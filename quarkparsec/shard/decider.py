"""The last participant decides: a ticket's transaction is executed here, and committed on the spot.

Nothing is locked for it in this shard. It runs at once, and then it is judged by what it accessed: if
nobody holds any of that, it is committed, and the broker learns of it; if somebody does, it is taken
back, and either waits for a younger ticket that is prepared, to be judged again when a holder changes, or
gives way to an older one. So a contract that everybody calls is held for no round trip.

Its place in the lane's serial order is after all that was committed before in any of its participants.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.broker.agent import Outgoing, endowment_of
from quarkparsec.broker.lock_table import Verdict
from quarkparsec.chain.legs import Call
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.errors import InvariantBroken, QuarkparsecError
from quarkparsec.runners.outcome import Claimed, Done, Failed, NeedKeys, Outcome
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.participant import Participant
from quarkparsec.shard.ticket_legs import run_call
from quarkparsec.types import RECIPIENT_BYTES, LockType, Recipient, ShardId, ShardKey
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount


class Decider:
    """Executes the transactions whose destination is this shard."""

    def __init__(
        self, draft: BlockDraft, participant: Participant, neighbourhood: Neighbourhood
    ) -> None:
        self._draft: Final = draft
        self._participant: Final = participant
        self._neighbourhood: Final = neighbourhood
        self._answers: Final[dict[int, tuple[int, lanes.LaneItem]]] = {}
        """Ticket → the last attempt that was answered, and the answer, for when it is lost."""
        self._waiting: Final[dict[int, tuple[ShardId, lanes.Execute]]] = {}

    def hear(self, source: ShardId, item: lanes.Execute) -> list[Outgoing]:
        """Execute, or say again what came of it."""
        attempt, answer = self._answers.get(item.ticket, (0, None))
        if answer is not None and item.attempt == attempt:
            return [(source, answer)]
        held = self._waiting.get(item.ticket)
        if item.attempt < attempt or (held is not None and item.attempt <= held[1].attempt):
            return []
        self._waiting.pop(item.ticket, None)
        return self._decide(source, item)

    def look_again(self) -> list[Outgoing]:
        """Holders have changed: judge those that wait, the oldest first."""
        outgoing: list[Outgoing] = []
        for ticket in sorted(self._waiting):
            source, item = self._waiting.pop(ticket)
            outgoing += self._decide(source, item)
        return outgoing

    def _decide(self, source: ShardId, item: lanes.Execute) -> list[Outgoing]:
        transaction = decode_transaction(item.raw, Recipient(item.sender))
        key = self._draft.true_key(transaction, ShardKey(item.to_key))
        if key != item.to_key:
            return self._answer(source, item, lanes.Elsewhere(item.ticket, item.attempt, key))
        call = self._call_leg(item)
        outcome = self._run(call, transaction, ShardKey(item.to_key))
        if isinstance(outcome, NeedKeys):
            if not self._neighbourhood.can_reach(outcome.recipients):
                return self._refuse(source, item, "")
            answer = lanes.NeedKeys(item.ticket, item.attempt, outcome.recipients)
            return self._answer(source, item, answer)
        if isinstance(outcome, Failed):
            return self._refuse(source, item, outcome.reason if outcome.is_final else "")
        return self._judge(source, item, call, transaction, outcome)

    def _run(self, call: Call, transaction: Transaction, to_key: ShardKey) -> Outcome:
        """Execute it. Poison, that is, what makes the runner raise, leaves nothing, as in lane 1."""
        try:
            return run_call(self._draft, call, transaction, to_key)
        except (QuarkparsecError, InvariantBroken):
            raise
        except Exception:  # noqa: BLE001 - one transaction must not stop the replica
            self._draft.journal.rollback(0)
            return Failed("execution failed", is_final=True)

    def _judge(
        self,
        source: ShardId,
        item: lanes.Execute,
        call: Call,
        transaction: Transaction,
        done: Done,
    ) -> list[Outgoing]:
        """Commit what was executed, unless it is in somebody's way."""
        if not self._neighbourhood.can_pay_out(done):
            self._draft.journal.rollback(0)
            return self._refuse(source, item, "")
        verdict, replies = self._participant.locks.judge(item.ticket, self._accessed(transaction))
        if verdict is Verdict.PROCEED:
            self._commit(call, transaction, done)
            answer = _executed(item, call.position, done)
            return self._answer(source, item, answer) + self._participant.answers(replies)
        self._draft.journal.rollback(0)
        if verdict is Verdict.RETRY:
            return self._answer(source, item, lanes.Retry(item.ticket, item.attempt))
        self._waiting[item.ticket] = source, item
        return []

    def _commit(self, call: Call, transaction: Transaction, done: Done) -> None:
        self._participant.position = call.position
        self._draft.include(transaction, self._draft.journal.frame_key, done)
        self._draft.ticket_legs.append(call)

    def _call_leg(self, item: lanes.Execute) -> Call:
        """The leg, if it is committed now."""
        return Call(
            max(self._participant.position, item.position) + 1,
            item.ticket,
            None if item.money is None else from_amount(item.money),
            tuple(map(endowment_of, item.endowments)),
        )

    def _accessed(self, transaction: Transaction) -> dict[Recipient, LockType]:
        """Every recipient that the run has read or written, a frame that failed included."""
        journal = self._draft.journal
        accessed = {
            Recipient(key): LockType.READ
            for key in journal.accessed
            if len(key) == RECIPIENT_BYTES
        }
        accessed |= dict.fromkeys((each for each, _ in transaction.access_list), LockType.READ)
        accessed |= dict.fromkeys(
            (transaction.sender, self._draft.context.coinbase), LockType.READ
        )
        if transaction.to is not None:
            accessed[transaction.to] = LockType.READ
        return accessed | dict.fromkeys(journal.touched, LockType.WRITE)

    def _refuse(self, source: ShardId, item: lanes.Execute, reason: str) -> list[Outgoing]:
        return self._answer(source, item, lanes.Refused(item.ticket, item.attempt, reason))

    def _answer(
        self, source: ShardId, item: lanes.Execute, answer: lanes.LaneItem
    ) -> list[Outgoing]:
        self._answers[item.ticket] = item.attempt, answer
        return [(source, answer)]


def _executed(item: lanes.Execute, position: int, done: Done) -> lanes.Executed:
    return lanes.Executed(
        item.ticket,
        item.attempt,
        position,
        to_amount(done.money_back),
        tuple(map(_to_wire, done.claims)),
    )


def _to_wire(claim: Claimed) -> lanes.Claim:
    return lanes.Claim(claim.recipient, claim.shard_key, to_amount(claim.amount), claim.stays)
