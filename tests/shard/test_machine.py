"""A shard's side of the epoch protocol."""

from __future__ import annotations

from typing import get_args

import pytest

from quarkparsec.effects import Persist, Run
from quarkparsec.errors import Corrupt
from quarkparsec.shard import states
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.events import Event
from quarkparsec.shard.machine import MOVES
from quarkparsec.types import Epoch, ShardId, ShardKey
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.lanes import LaneMessages
from tests.shard.cluster_of_one import ALICE, BOB, CAROL, ROOT_0, TERM, Driven, summary_of

STATES = {
    states.Absent,
    states.Joining,
    states.Replaying,
    states.Idle,
    states.Executing,
    states.Executed,
    states.Crossing,
    states.Sealing,
    states.Storing,
    states.Sealed,
    states.Committing,
    states.Dividing,
    states.Settling,
}

# What each event is for. Everywhere else it is late, repeated, or answered by something on its way.
ACTS_IN: dict[type, str] = {
    wire.Invite: "Joining Idle Executing Executed Crossing Sealing Storing Sealed",
    wire.Welcome: "Joining",
    wire.Open: "Idle Executing Executed Crossing Sealing Storing Sealed",
    wire.OpenLane: "Executed Crossing",
    LaneMessages: "Executed Crossing",
    wire.Seal: "Executed Crossing Sealing Storing Sealed",
    wire.Commit: "Replaying Idle Executing Executed Crossing Sealing Storing Sealed Committing",
    wire.Abort: "Idle Executing Executed Crossing Sealing Storing Sealed",
}


def joined() -> Driven:
    driven = Driven()
    driven.welcome()
    return driven


def test_the_table_of_moves_is_total() -> None:
    assert set(MOVES) == set(get_args(Event))
    assert set(get_args(states.State)) == STATES
    for moves in MOVES.values():
        assert set(moves) <= STATES


@pytest.mark.parametrize("message", ACTS_IN)
def test_a_message_acts_exactly_where_it_should(message: type) -> None:
    assert {state.__name__ for state in MOVES[message]} == set(ACTS_IN[message].split())


def test_a_shard_says_nothing_before_its_incarnation_is_durable() -> None:
    driven = Driven.__new__(Driven)
    driven.hold, driven.held, driven.said, driven.announced = Persist, [], [], []
    driven.now_ms = 0
    fresh = Driven()
    driven.store, driven.machine = fresh.store, fresh.machine
    driven.carry_out(driven.machine.start(0))
    assert driven.said == []
    assert driven.held[0].sync
    driven.do(driven.held[0])
    assert isinstance(driven.said[0], wire.Join)


def test_each_start_is_another_incarnation() -> None:
    first = Driven()
    second = Driven(first.store)
    incarnations = [each.visit.incarnation for d in (first, second) for each in d.said]  # type: ignore[union-attr]
    assert incarnations == [1, 2]


def test_an_epoch_goes_from_open_to_committed() -> None:
    driven = joined()
    transaction_hash = driven.admit(ALICE, 0)
    assert isinstance(driven.said[-1], wire.HasWork)
    (ended,) = driven.open()
    assert isinstance(ended, wire.LaneEnded)
    assert wire.from_amount(ended.tips) == 21_000 * 2 * 10**9
    (sealed,) = driven.seal()
    summary = summary_of(sealed)
    assert summary.transaction_count == 1
    assert driven.machine.blocks.place(transaction_hash) is None
    (committed,) = driven.commit(summary.block_hash)
    assert committed == wire.Committed(ShardId(0), TERM, Epoch(1), wire.Work.NONE)
    assert driven.machine.blocks.place(transaction_hash) == (1, 0)
    assert len(driven.machine.pool) == 0
    assert driven.announced[0].block.hash == summary.block_hash


def test_fees_are_credited_when_sealing_and_stand_in_the_body() -> None:
    driven = joined()
    driven.open()
    (sealed,) = driven.seal(fees=77)
    driven.commit(summary_of(sealed).block_hash)
    coinbase = driven.machine.shard_state.account(b"\xc0" * 20)  # type: ignore[arg-type]
    assert coinbase is not None
    assert coinbase.balance == 77
    block = driven.machine.blocks.block(Epoch(1))
    assert block is not None
    assert block.fees == 77


def test_an_abort_loses_no_transaction() -> None:
    driven = joined()
    driven.admit(ALICE, 0)
    driven.open()
    driven.seal()
    (report,) = driven.abort()
    assert report == wire.HasWork(ShardId(0), TERM, wire.Work.READY)
    driven.open(attempt=1)
    (sealed,) = driven.seal(attempt=1)
    assert summary_of(sealed).transaction_count == 1


def test_a_later_open_replaces_a_round_whose_abort_was_lost() -> None:
    driven = joined()
    driven.admit(ALICE, 0)
    driven.open()
    (ended,) = driven.open(attempt=1)
    assert ended.round.attempt == 1  # type: ignore[union-attr]
    assert driven.seal(attempt=0) == []


def test_the_result_of_an_aborted_rounds_job_is_ignored() -> None:
    driven = joined()
    driven.hold = Run
    driven.open()
    driven.open(attempt=1)
    driven.do(driven.held[0])
    assert driven.state_name() == "Executing"
    driven.do(driven.held[1])
    assert driven.state_name() == "Executed"


def test_repeated_questions_get_the_same_answers() -> None:
    driven = joined()
    driven.admit(ALICE, 0)
    assert driven.open() == driven.open()
    sealed = driven.seal()
    assert driven.seal() == driven.open() == sealed
    committed = driven.commit(summary_of(sealed[0]).block_hash)
    driven.root_hash = ROOT_0
    assert driven.commit(summary_of(sealed[0]).block_hash) == committed


def test_what_is_said_again_while_a_job_or_a_write_is_under_way_is_answered_by_working() -> None:
    driven = joined()
    working = [wire.Working(ShardId(0), TERM)]
    driven.hold = Run
    assert driven.open() == []
    assert driven.open() == working
    driven.do(driven.held.pop())
    assert driven.seal() == []
    assert driven.seal() == working
    driven.hold = Persist
    driven.do(driven.held.pop())
    assert driven.seal() == working
    driven.do(driven.held.pop())
    block_hash = summary_of(driven.said[-1]).block_hash
    assert driven.commit(block_hash) == []
    driven.root_hash = ROOT_0
    assert driven.commit(block_hash) == working


def test_a_shard_that_replays_what_was_committed_without_it_says_that_it_works() -> None:
    driven = joined()
    driven.open()
    (sealed,) = driven.seal()
    again = Driven(driven.store)
    again.hold = Run
    block_hash = summary_of(sealed).block_hash
    assert again.welcome(1, block_hash) == []
    assert again.commit(block_hash) == [wire.Working(ShardId(0), TERM)]


def test_what_comes_after_an_abort_for_the_aborted_round_is_ignored() -> None:
    driven = joined()
    driven.open()
    driven.abort()
    assert driven.open() == []
    assert driven.state_name() == "Idle"


def test_sealed_is_said_only_when_the_record_is_durable() -> None:
    driven = joined()
    driven.open()
    driven.hold = Persist
    assert driven.seal() == []
    assert driven.held[0].sync
    driven.do(driven.held[0])
    assert isinstance(driven.said[-1], wire.Sealed)


def test_a_commit_without_our_block_drops_it_and_keeps_the_transactions() -> None:
    driven = joined()
    driven.admit(ALICE, 0)
    driven.open()
    driven.seal()
    (committed,) = driven.commit(driven.machine.blocks.header(Epoch(0)).hash)  # type: ignore[union-attr]
    assert committed.work == wire.Work.READY  # type: ignore[union-attr]
    assert driven.machine.shard_state.head == 0


def test_a_commit_of_a_block_that_is_not_here_stops_the_shard() -> None:
    driven = joined()
    with pytest.raises(Corrupt):
        driven.commit(bytes(32))


def test_a_committed_block_is_replayed_after_a_crash() -> None:
    driven = joined()
    transaction_hash = driven.admit(ALICE, 0)
    driven.open()
    (sealed,) = driven.seal()
    again = Driven(driven.store)
    (join,) = again.said
    assert isinstance(join, wire.Join)
    assert join.sealed == sealed
    again.welcome(1, summary_of(sealed).block_hash)
    assert again.machine.blocks.place(transaction_hash) == (1, 0)
    assert again.machine.root_head.epoch == 1


def test_a_crash_loses_what_was_only_admitted_but_nothing_that_was_sealed() -> None:
    driven = joined()
    sealed_hash = driven.admit(ALICE, 0)
    driven.open()
    (sealed,) = driven.seal()
    admitted_hash = driven.admit(BOB, 0)
    again = Driven(driven.store)
    again.welcome(1, summary_of(sealed).block_hash)
    assert again.machine.blocks.place(sealed_hash) == (1, 0)
    assert again.machine.pool.find(admitted_hash) is None
    assert again.machine.blocks.place(admitted_hash) is None


def test_a_sealed_block_that_was_not_committed_is_dropped_after_a_crash() -> None:
    driven = joined()
    driven.admit(ALICE, 0)
    driven.open()
    driven.seal()
    again = Driven(driven.store)
    again.welcome()
    assert again.machine.shard_state.head == 0
    assert again.state_name() == "Idle"


def test_a_welcome_to_another_visit_is_ignored() -> None:
    driven = Driven()
    (join,) = driven.said
    assert isinstance(join, wire.Join)
    driven.give(wire.Invite(ShardId(0), 2, wire.Visit(0, 0)))
    visit = wire.Visit(join.visit.incarnation, join.visit.number + 1)
    hashes = (bytes(32),)
    fee = wire.to_amount(1)
    late = wire.Welcome(ShardId(0), visit, 2, Epoch(0), hashes, join.block_hash, fee, 1)
    driven.give(late)
    assert driven.state_name() == "Joining"


def test_an_old_invitation_does_not_make_a_member_join_again() -> None:
    driven = joined()
    assert driven.give(wire.Invite(ShardId(0), TERM, wire.Visit(0, 0))) == []
    (join,) = driven.give(wire.Invite(ShardId(0), TERM, wire.Visit(1, 1)))
    assert isinstance(join, wire.Join)


def test_a_new_master_learns_of_the_sealed_block() -> None:
    driven = joined()
    driven.open()
    (sealed,) = driven.seal()
    (join,) = driven.give(wire.Invite(ShardId(0), TERM + 1, wire.Visit(0, 0)))
    assert isinstance(join, wire.Join)
    assert join.sealed == sealed


def test_an_invalid_candidate_leaves_the_pool_with_the_commit() -> None:
    driven = joined()
    driven.admit(ALICE, 0, value=10**18 - 10**17)
    driven.admit(BOB, 0)
    driven.machine.pool.update(ALICE.recipient, 0, 10**20)  # type: ignore[arg-type]
    transaction = ALICE.sign(1, CAROL.recipient, 10**18)
    account = driven.machine.shard_state.account(ALICE.recipient)
    driven.machine.pool.add(Candidate(transaction, ShardKey(0)), account, 0, Epoch(1))
    driven.open()
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    (announce,) = driven.announced
    assert [invalid.transaction_hash for invalid in announce.invalid] == [transaction.hash]
    assert len(driven.machine.pool) == 0
