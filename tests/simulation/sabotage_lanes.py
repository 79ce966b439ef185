"""Planted bugs, most of them in lanes 2 and 3, as replacements of single functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest
from msgspec.structs import replace

from quarkparsec.broker import agent as agents
from quarkparsec.broker import ticket_states as locks
from quarkparsec.broker.agent import Agent, Outgoing
from quarkparsec.broker.lock_table import LockTable, Verdict
from quarkparsec.chain.legs import Claim, Endowment, Payment
from quarkparsec.root.root_store import RootStore
from quarkparsec.runners.outcome import NeedKeys
from quarkparsec.shard import decider as deciders
from quarkparsec.shard import lane_tickets, participant
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.decider import Decider
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.participant import Participant
from quarkparsec.shard.ticket_legs import apply_claim, apply_payment, run_call
from quarkparsec.types import Recipient, ShardId, Wei
from quarkparsec.wire import lanes


class Patch(NamedTuple):
    """What is replaced, and by what."""

    owner: Any
    name: Any
    """Of an attribute, or a key of a table."""
    replacement: Any

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the bug there."""
        plant = monkeypatch.setitem if isinstance(self.owner, dict) else monkeypatch.setattr
        plant(self.owner, self.name, self.replacement)


def _never(*_: object, **__: object) -> None:
    """Nothing happens."""


def _doesnt_judge(*_: object) -> tuple[Verdict, tuple[locks.Reply, ...]]:
    return Verdict.PROCEED, ()


def _waits_for_everybody(
    self: LockTable, ticket: int, accessed: Any
) -> tuple[Verdict, tuple[locks.Reply, ...]]:
    free = not list(self._holders_against(ticket, accessed))
    return (Verdict.PROCEED if free else Verdict.WAIT), ()


def _forgets_positions(self: Participant, source: ShardId, item: lanes.Commit) -> list[Outgoing]:
    before = self.position
    said = _COMMIT(self, source, item)
    self.position = before
    return said


def _votes_nothing(self: Participant, source: ShardId, item: lanes.Prepare) -> list[Outgoing]:
    return [
        (shard, replace(said, position=0) if isinstance(said, lanes.Prepared) else said)
        for shard, said in _PREPARE(self, source, item)
    ]


def _commits_again(self: Participant, source: ShardId, item: lanes.Commit) -> list[Outgoing]:
    self._committed.discard(item.ticket)
    return _COMMIT(self, source, item)


def _takes_no_claims(self: Participant, source: ShardId, item: lanes.Commit) -> list[Outgoing]:
    return _COMMIT(self, source, replace(item, claims=()))


def _releases_when_prepared(
    self: Participant, source: ShardId, item: lanes.Prepare
) -> list[Outgoing]:
    said = _PREPARE(self, source, item)
    for key in [key for key, lock in self.locks._locks.items() if item.ticket in lock.holders]:
        self.locks._locks[key].holders.clear()
        self.locks._pump(key)
        self.locks._tickets[item.ticket].held.clear()
    return said


def _grants_at_once(self: Participant, source: ShardId, item: lanes.Lock) -> list[Outgoing]:
    said = _LOCK(self, source, item)
    journal = self._draft.journal
    endowments = [participant._endowment(journal, Recipient(each)) for each in item.recipients]
    locked = lanes.Locked(item.ticket, item.attempt, tuple(endowments))
    return said or [(source, locked)]


def _leaves_no_stub(draft: BlockDraft, claim: Claim) -> None:
    _APPLY_CLAIM(draft, claim._replace(stays=False))
    draft.ticket_legs[-1] = claim


def _leaves_out_legs(draft: BlockDraft, leg: Payment) -> None:
    _APPLY_PAYMENT(draft, leg)
    draft.ticket_legs.pop()


def _keeps_the_change(self: Agent) -> tuple[int, Wei, Wei] | None:
    payment = _PAYMENT(self)
    return None if payment is None else (payment[0], payment[1], Wei(0))


def _forgets_answers(self: Decider, source: ShardId, _: Any, answer: Any) -> list[Outgoing]:
    return [(source, answer)]


def _keeps_what_it_gave_up(self: Decider, *arguments: Any) -> list[Outgoing]:
    """A run that isn't committed is not taken back."""
    journal = self._draft.journal
    rollback, journal.rollback = journal.rollback, _never  # type: ignore[method-assign]
    try:
        return _JUDGE(self, *arguments)
    finally:
        journal.rollback = rollback  # type: ignore[method-assign]


def _needs_nothing(*arguments: Any) -> Any:
    """Creates without asking the homes."""
    outcome = _RUN_CALL(*arguments)
    if not isinstance(outcome, NeedKeys):
        return outcome
    draft, call, *rest = arguments
    free = [Endowment(each, Wei(0), False) for each in outcome.recipients]
    return _RUN_CALL(draft, call._replace(endowments=tuple(free)), *rest)


def _prepares_too_early(self: Agent, source: ShardId, item: lanes.Locked) -> list[Outgoing]:
    self._awaited.intersection_update({source})
    return _LOCKED(self, source, item)


def _ignores_wounds(self: Agent, source: ShardId, _: lanes.Wounded) -> list[Outgoing]:
    return self._next(source, agents.Stage.READY)


def _wounds_the_prepared(self: LockTable, victim: Any, by: int, key: Recipient) -> None:
    if victim.state is locks.TicketState.PREPARED:
        victim.state = locks.TicketState.BEGUN
    _WOUND(self, victim, by, key)


def _remembers_nothing(_: RootStore) -> int:
    return 0


def _drops_old_destinations(self: TransferLane, now_ms: int) -> list[Outgoing]:
    """Destinations that the new plan needs no more aren't told."""
    kept = dict(self._plan)
    self._plan = {}
    said = _MAKE_PLAN(self, now_ms)
    del kept
    return said


def _debits_again(self: TransferLane, now_ms: int) -> list[Outgoing]:
    """The debits of the plan before are not taken back."""
    self._draft.journal.undo.clear()
    return _MAKE_PLAN(self, now_ms)


def _believes_any_version(
    self: TransferLane, now_ms: int, source: ShardId, item: Any
) -> list[Outgoing]:
    if isinstance(item, lanes.CreditsAnswer):
        item = replace(item, version=self._version, refused=())
    return _HEAR(self, now_ms, source, item)


def _takes_any_version(self: TransferLane, source: ShardId, item: lanes.Credits) -> list[Outgoing]:
    self._incoming.pop(source, None)
    return _TAKE_CREDITS(self, source, item)


def _accepts_everything(*_: object) -> bool:
    return False


def _ends_unheard(self: TransferLane) -> None:
    """Doesn't wait for what the destinations say."""
    self._awaited.clear()
    _END_IF_TAKEN(self)


_COMMIT: Final = Participant.commit
_PREPARE: Final = Participant.prepare
_LOCK: Final = Participant.lock
_APPLY_CLAIM: Final = apply_claim
_APPLY_PAYMENT: Final = apply_payment
_PAYMENT: Final[Callable[[Agent], Any]] = Agent.payment.fget  # type: ignore[attr-defined]
_JUDGE: Final = Decider._judge
_RUN_CALL: Final = run_call
_LOCKING: Final = agents.Stage.LOCKING
_PREPARING: Final = agents.Stage.PREPARING
_WOUND: Final = LockTable._wound
_LOCKED: Final = Agent._locked
_MAKE_PLAN: Final = TransferLane._make_plan
_HEAR: Final = TransferLane._hear
_TAKE_CREDITS: Final = TransferLane._take_credits
_END_IF_TAKEN: Final = TransferLane._end_if_taken

PATCHES: Final[dict[str, Patch]] = {
    "doesn't judge": Patch(LockTable, "judge", _doesnt_judge),
    "waits for everybody": Patch(LockTable, "judge", _waits_for_everybody),
    "forgets positions": Patch(Participant, "commit", _forgets_positions),
    "votes nothing": Patch(Participant, "prepare", _votes_nothing),
    "commits again": Patch(Participant, "commit", _commits_again),
    "takes no claims": Patch(Participant, "commit", _takes_no_claims),
    "releases when prepared": Patch(Participant, "prepare", _releases_when_prepared),
    "grants at once": Patch(Participant, "lock", _grants_at_once),
    "leaves no stub": Patch(participant, "apply_claim", _leaves_no_stub),
    "leaves out legs": Patch(lane_tickets, "apply_payment", _leaves_out_legs),
    "keeps the change": Patch(Agent, "payment", property(_keeps_the_change)),
    "forgets answers": Patch(Decider, "_answer", _forgets_answers),
    "keeps what it gave up": Patch(Decider, "_judge", _keeps_what_it_gave_up),
    "needs nothing": Patch(deciders, "run_call", _needs_nothing),
    "prepares too early": Patch(agents.MOVES, (_LOCKING, lanes.Locked), _prepares_too_early),
    "ignores wounds": Patch(agents.MOVES, (_PREPARING, lanes.Wounded), _ignores_wounds),
    "wounds the prepared": Patch(LockTable, "_wound", _wounds_the_prepared),
    "starts tickets anew": Patch(RootStore, "tickets_bound", _remembers_nothing),
    "forgets its term": Patch(RootStore, "term", _remembers_nothing),
    "drops old destinations": Patch(TransferLane, "_make_plan", _drops_old_destinations),
    "debits again": Patch(TransferLane, "_make_plan", _debits_again),
    "believes any version": Patch(TransferLane, "_hear", _believes_any_version),
    "takes any version": Patch(TransferLane, "_take_credits", _takes_any_version),
    "accepts everything": Patch(TransferLane, "_is_refused", _accepts_everything),
    "ends unheard": Patch(TransferLane, "_end_if_taken", _ends_unheard),
    "pays nothing out": Patch(TransferLane, "_plan_payout", _never),
}
