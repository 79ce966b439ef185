"""Lane 3: money leaves for other shards, by transfers and by payouts.

A transfer needs only its sender's account, so there are no locks and nothing to wait for: senders are
debited in nonce order, and what has been debited goes to its destinations, one message each. A payout is
what contracts left here, in this epoch, with a user account whose home is elsewhere.

A destination may refuse a credit: code lives at the recipient, here or under another key. A transfer
like that is a call, and waits for another epoch; a payout goes to where the contract is. Then the plan is
made again without it, under a higher version, and every destination of the old one gets the new one. Each
refusal is heeded for good, so this comes to an end. When all destinations have taken the last version, the
lane has ended here, and what was planned is done.

Transfers to this very shard take part, too, behind one that leaves it: so a sender's nonces stay in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from quarkparsec.broker.agent import Outgoing
from quarkparsec.chain.legs import Credit
from quarkparsec.errors import Rejected
from quarkparsec.limits import RESEND_MS
from quarkparsec.runners.outcome import Done
from quarkparsec.runners.transfer import debit, is_transfer
from quarkparsec.runners.validity import GasLimitReached, check
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft, Invalid, Rerouted
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, Wei, home_key
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount

LANE: Final = 3


class _Planned(NamedTuple):
    """A credit, and the transfer that it is from; None for a payout."""

    credit: Credit
    transfer: Candidate | None


class TransferLane:
    """One shard's part of lane 3 in one round."""

    number: Final = LANE

    def __init__(self, draft: BlockDraft, neighbourhood: Neighbourhood) -> None:
        self._draft: Final = draft
        self._neighbourhood: Final = neighbourhood
        self._version = 0
        self._plan: dict[ShardId, list[_Planned]] = {}
        """What goes where, this shard included."""
        self._done: list[tuple[Candidate, Done]] = []
        """The planned transfers in their order."""
        self._gas_planned = 0
        self._invalid: list[Invalid] = []
        self._calls: Final[dict[Hash32, ShardKey]] = {}
        """Transfers that were refused, and the key of the code at their destination."""
        self._keys: Final[dict[Recipient, ShardKey]] = {}
        """Where payouts go that were refused at the recipient's home."""
        self._awaited: set[ShardId] = set()
        self._first_keys: Final[dict[Recipient, ShardKey]] = {}
        """The first key under which each recipient was sent something: an account has only one."""
        self._incoming: Final[dict[ShardId, int]] = {}
        """The version of what each source has sent."""
        self._said_ms = 0
        self._has_ended = False

    # --- the outside

    @property
    def has_ended(self) -> bool:
        """Whether all that this shard has for others is with them."""
        return self._has_ended

    @property
    def ordered(self) -> Sequence[tuple[Candidate, Done]]:
        """The transfers in their order. Another plan is another list; one that was made stays."""
        return self._done

    @property
    def wake_ms(self) -> int | None:
        """When to step again at the latest."""
        return self._said_ms + RESEND_MS if self._awaited else None

    def step(self, now_ms: int, items: Iterable[tuple[ShardId, lanes.LaneItem]]) -> list[Outgoing]:
        """Take what other shards say; return what to say to them."""
        said: list[Outgoing] = []
        if not self._version:
            said += self._make_plan(now_ms)
        for source, item in items:
            said += self._hear(now_ms, source, item)
        if self._awaited and now_ms - self._said_ms >= RESEND_MS:
            said += self._ship(now_ms)
        return said

    # --- messages

    def _hear(self, now_ms: int, source: ShardId, item: Any) -> list[Outgoing]:
        if isinstance(item, lanes.Credits):
            return self._take_credits(source, item)
        is_current = isinstance(item, lanes.CreditsAnswer) and item.version == self._version
        return self._take_answer(now_ms, source, item) if is_current else []

    def _take_credits(self, source: ShardId, item: lanes.Credits) -> list[Outgoing]:
        if item.version < self._incoming.get(source, 0):
            return []
        self._incoming[source] = item.version
        self._draft.credits[source] = tuple(map(_from_wire, item.credits))
        refused = [
            lanes.Refusal(index, self._key_of(credit))
            for index, credit in enumerate(item.credits)
            if self._is_refused(credit)
        ]
        return [(source, lanes.CreditsAnswer(item.version, tuple(refused)))]

    def _is_refused(self, credit: lanes.Credit) -> bool:
        """Whether a transfer would pass by code, or the account has another key than the credit."""
        has_code = self._draft.journal.has_code(Recipient(credit.recipient))
        return (has_code and credit.is_transfer) or self._key_of(credit) != credit.shard_key

    def _key_of(self, credit: lanes.Credit) -> ShardKey:
        recipient, key = Recipient(credit.recipient), ShardKey(credit.shard_key)
        first = self._first_keys.setdefault(recipient, key)
        return self._draft.journal.key_of(recipient, first)

    def _take_answer(
        self, now_ms: int, source: ShardId, item: lanes.CreditsAnswer
    ) -> list[Outgoing]:
        if item.refused and source in self._awaited:
            for refusal in item.refused:
                self._heed(self._plan[source][refusal.index], ShardKey(refusal.shard_key))
            return self._make_plan(now_ms)
        self._awaited.discard(source)
        self._end_if_taken()
        return []

    def _heed(self, planned: _Planned, key: ShardKey) -> None:
        if planned.transfer is None:
            self._keys[planned.credit.recipient] = key
        else:
            self._calls[planned.transfer.transaction.hash] = key

    # --- the plan

    def _make_plan(self, now_ms: int) -> list[Outgoing]:
        """Debit what can be debited; the journal's undo log lets it be done again."""
        earlier = set(self._plan)
        journal = self._draft.journal
        if self._version:
            journal.rollback(0)
        journal.begin_transaction(journal.frame_key)
        self._version += 1
        self._plan = {shard: [] for shard in earlier}
        self._done, self._gas_planned, self._invalid = [], 0, []
        for row in self._draft.deferred.values():
            for deferred in row:
                if not self._plan_transfer(deferred.candidate):
                    break
        for recipient in sorted(self._draft.gains):
            self._plan_payout(recipient)
        self._awaited = set(self._plan) - {self._neighbourhood.shard_id}
        self._end_if_taken()
        return self._ship(now_ms)

    def _plan_transfer(self, candidate: Candidate) -> bool:
        """Whether it is debited, so that the sender's next one may follow."""
        transaction, to_key, _ = candidate
        recipient = transaction.to
        if recipient is None or not self._is_transfer(candidate, recipient):
            return False
        gas_left = self._draft.gas_left - self._gas_planned
        try:
            terms = check(self._draft.journal, transaction, self._draft.context, gas_left)
        except GasLimitReached:
            return False
        except Rejected as refusal:
            self._invalid.append(Invalid(transaction.hash, str(refusal)))
            return False
        done = debit(self._draft.journal, transaction, terms)
        self._gas_planned += done.gas_used
        self._done.append((candidate, done))
        credit = Credit(recipient, to_key, Wei(transaction.value))
        destination = self._neighbourhood.destination_of(candidate)
        self._plan.setdefault(destination, []).append(_Planned(credit, candidate))
        return True

    def _is_transfer(self, candidate: Candidate, recipient: Recipient) -> bool:
        transaction, neighbourhood = candidate.transaction, self._neighbourhood
        if transaction.hash in self._calls or not neighbourhood.is_transfer(candidate):
            return False
        if neighbourhood.destination_of(candidate) != neighbourhood.shard_id:
            return True
        return is_transfer(self._draft.journal, transaction, recipient, self._draft.context)

    def _plan_payout(self, recipient: Recipient) -> None:
        key = self._keys.get(recipient, home_key(recipient))
        destination = self._neighbourhood.shard_of_key(key)
        is_here = destination == self._neighbourhood.shard_id
        balance = self._draft.journal.entry(recipient).balance
        amount = min(self._draft.gains[recipient], balance)
        if is_here or not amount:
            return
        self._draft.journal.add_balance(recipient, -amount)
        planned = _Planned(Credit(recipient, key, Wei(amount)), None)
        self._plan.setdefault(destination, []).append(planned)

    def _ship(self, now_ms: int) -> list[Outgoing]:
        self._said_ms = now_ms
        return [
            (shard, lanes.Credits(self._version, tuple(map(_to_wire, self._plan[shard]))))
            for shard in sorted(self._awaited)
        ]

    def _end_if_taken(self) -> None:
        """Everybody has taken everything: what was planned is done."""
        if self._awaited or self._has_ended:
            return
        self._has_ended = True
        draft, here = self._draft, self._neighbourhood.shard_id
        draft.journal.end_transaction()
        for candidate, done in self._done:
            draft.include(candidate.transaction, candidate.to_key, done)
        draft.transfer_count = len(self._done)
        draft.invalid += self._invalid
        draft.rerouted += [Rerouted(each, key) for each, key in self._calls.items()]
        own = tuple([planned.credit for planned in self._plan.get(here, ())])
        if own:
            draft.credits[here] = own
        draft.payouts = tuple(
            planned.credit
            for shard in sorted(self._plan)
            for planned in self._plan[shard]
            if planned.transfer is None
        )


def _to_wire(planned: _Planned) -> lanes.Credit:
    credit = planned.credit
    is_transfer = planned.transfer is not None
    return lanes.Credit(credit.recipient, credit.shard_key, to_amount(credit.amount), is_transfer)


def _from_wire(credit: lanes.Credit) -> Credit:
    return Credit(
        Recipient(credit.recipient), ShardKey(credit.shard_key), from_amount(credit.amount)
    )
