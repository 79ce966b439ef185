"""A shard's side of other shards' tickets: what it answers, and what a commit does to its state."""

from __future__ import annotations

import pytest

from quarkparsec.broker.agent import Outgoing
from quarkparsec.chain.legs import Claim
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.participant import Participant
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import to_amount
from tests.runners.scene import Scene, recipient

ONE, TWO = ShardId(1), ShardId(2)
"""Shards whose agents hold tickets here."""
WAITING, OTHER = recipient(1), recipient(2)
"""At home here; the first has money for a contract that doesn't exist yet."""
KEY = ShardKey(0x11)
"""Of shard 1, where the contract is created."""
CLAIM = lanes.Claim(WAITING, KEY, to_amount(70), True)


class Home:
    """Shard 0 of 4 in lane 2."""

    def __init__(self) -> None:
        self.scene = Scene(shard_count=4)
        self.scene.state.put(WAITING, 70)
        self.draft = BlockDraft(self.scene.journal, self.scene.block)
        self.participant = Participant(self.draft)

    def lock(self, ticket: int, *keys: Recipient, source: ShardId = ONE) -> list[Outgoing]:
        return self.participant.lock(source, lanes.Lock(ticket, 1, keys))

    def prepare(self, ticket: int) -> list[Outgoing]:
        return self.participant.prepare(ONE, lanes.Prepare(ticket, 1))

    def rollback(self, ticket: int) -> list[Outgoing]:
        return self.participant.rollback(ONE, lanes.Rollback(ticket, 1))

    def commit(self, ticket: int, *claims: lanes.Claim, position: int = 5) -> list[Outgoing]:
        return self.participant.commit(ONE, lanes.Commit(ticket, 1, position, claims))

    def prepared(self, ticket: int, *keys: Recipient) -> Home:
        self.lock(ticket, *keys)
        self.prepare(ticket)
        return self


def test_a_lock_is_granted_together_with_what_waits_there() -> None:
    waiting = lanes.Endowment(WAITING, to_amount(70), False)
    nothing = lanes.Endowment(OTHER, to_amount(0), False)
    assert Home().lock(1, WAITING, OTHER) == [(ONE, lanes.Locked(1, 1, (waiting, nothing)))]


@pytest.mark.parametrize(
    "there",
    [{"nonce": 1}, {"code": b"\0"}, {"storage": {1: 1}}],
    ids=lambda there: next(iter(there)),
)
def test_an_address_where_something_has_been_is_taken(there: dict[str, object]) -> None:
    home = Home()
    home.scene.state.put(OTHER, **there)  # type: ignore[arg-type]
    ((_, locked),) = home.lock(1, OTHER)
    assert isinstance(locked, lanes.Locked)
    assert locked.endowments == (lanes.Endowment(OTHER, to_amount(0), True),)


def test_who_waits_is_told_by_its_own_broker_what_is_there_when_it_gets_the_lock() -> None:
    home = Home().prepared(1, WAITING)
    assert home.lock(2, WAITING, source=TWO) == []
    done, granted = home.commit(1, CLAIM)
    assert done == (ONE, lanes.Committed(1, 1))
    taken = lanes.Endowment(WAITING, to_amount(0), True)
    assert granted == (TWO, lanes.Locked(2, 1, (taken,)))


def test_an_older_ticket_wounds_a_younger_one_unless_that_is_prepared() -> None:
    home = Home()
    home.lock(5, WAITING, source=TWO)
    wounded, locked = home.lock(3, WAITING)
    assert wounded == (TWO, lanes.Wounded(5, 1))
    assert isinstance(locked[1], lanes.Locked)
    home.prepare(3)
    assert home.lock(1, WAITING) == []


def test_the_vote_is_the_highest_position_that_was_committed_here() -> None:
    home = Home()
    assert home.prepared(1, OTHER).prepare(1) == [(ONE, lanes.Prepared(1, 1, 0))]
    home.commit(1, position=7)
    home.prepared(2, OTHER).commit(2, position=4)
    assert home.participant.position == 7
    home.lock(3, OTHER)
    assert home.prepare(3) == [(ONE, lanes.Prepared(3, 1, 7))]


def test_a_commit_leaves_the_stub_and_takes_the_money() -> None:
    home = Home().prepared(1, WAITING)
    home.commit(1, CLAIM, position=5)
    entry = home.scene.entry(WAITING)
    assert home.scene.journal.code(WAITING) == FOREIGN_STUB
    assert (entry.balance, entry.shard_key, entry.nonce) == (0, KEY, 0)
    leg = Claim(5, 1, WAITING, KEY, Wei(70), stays=True)
    assert home.draft.ticket_legs == [leg]


def test_a_contract_that_is_gone_again_leaves_no_entry() -> None:
    home = Home().prepared(1, WAITING)
    home.commit(1, lanes.Claim(WAITING, KEY, to_amount(70), False))
    assert not home.scene.entry(WAITING).exists


def test_a_commit_that_comes_twice_is_done_once_and_answered_twice() -> None:
    home = Home().prepared(1, WAITING)
    assert home.commit(1, CLAIM) == home.commit(1, CLAIM) == [(ONE, lanes.Committed(1, 1))]
    assert len(home.draft.ticket_legs) == 1


def test_what_is_not_prepared_is_not_committed() -> None:
    home = Home()
    home.lock(1, WAITING)
    assert home.commit(1, CLAIM) == []
    assert home.commit(2, CLAIM) == []
    assert home.draft.ticket_legs == []
    assert home.scene.journal.changes() == {}


def test_a_rollback_changes_nothing_and_lets_the_next_one_in() -> None:
    home = Home().prepared(1, WAITING)
    home.lock(2, WAITING, source=TWO)
    done, granted = home.rollback(1)
    assert done == (ONE, lanes.RolledBack(1, 1))
    waiting = lanes.Endowment(WAITING, to_amount(70), False)
    assert granted == (TWO, lanes.Locked(2, 1, (waiting,)))
    assert home.rollback(1) == [(ONE, lanes.RolledBack(1, 1))]


def test_what_is_out_of_date_is_not_answered() -> None:
    home = Home()
    home.rollback(1)
    assert home.lock(1, WAITING) == []
    assert home.prepare(9) == []
