"""The master's side of the epoch protocol."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from quarkparsec.chain.block import SWEEP_BEGINS
from quarkparsec.effects import Tick
from quarkparsec.limits import ANSWER_TIMEOUT_MS, GAS_PER_MS_MIN, RESEND_MS
from quarkparsec.root import states
from quarkparsec.root.events import Event, LinkDown, LinkUp
from quarkparsec.root.machine import MOVES
from quarkparsec.root.root_store import RootStore
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import epoch as wire
from tests.root.two_shards import GENESIS, HOME, OTHER, Driven

STATES = {states.Starting, states.Between, states.Executing, states.Sealing, states.Storing}

PATIENCE_MS = ANSWER_TIMEOUT_MS + GENESIS.gas_limit // GAS_PER_MS_MIN


def joined() -> Driven:
    driven = Driven()
    driven.join_all()
    return driven


def working(shard_id: ShardId) -> wire.Working:
    return wire.Working(shard_id, 1)


def sealing() -> tuple[Driven, wire.Open, wire.Open]:
    """An epoch whose lanes have ended: tips 3 and 4."""
    driven = joined()
    driven.work(OTHER, after_ms=0)
    home, other = driven.said[-2:]
    assert isinstance(home, wire.Open)
    assert isinstance(other, wire.Open)
    driven.lane_ended(home, tips=3)
    driven.lane_ended(other, tips=4)
    return driven, home, other


def test_the_table_of_moves_is_total() -> None:
    assert set(MOVES) == set(get_args(Event))
    assert set(get_args(states.State)) == STATES
    for moves in MOVES.values():
        assert set(moves) <= STATES


def test_nothing_is_said_before_the_term_is_durable() -> None:
    driven = Driven()
    again = Driven.__new__(Driven)
    again.__dict__.update(driven.__dict__, said=[], holding=True, held=[])
    again.carry_out(again.machine.start(0))
    assert again.said == []
    again.persist()
    assert {type(message) for message in again.said} == {wire.Invite}


def test_each_start_is_another_term() -> None:
    first = Driven()
    assert first.machine.term == 1
    assert Driven(first.store).machine.term == 2


def test_an_epoch_is_committed_when_its_root_block_is_durable() -> None:
    driven, home, other = sealing()
    seals = driven.said[-2:]
    assert [wire.from_amount(each.fees) for each in seals] == [7, 0]  # type: ignore[union-attr]
    driven.give(driven.sealed(home, tips=3, burned=10))
    driven.holding = True
    assert driven.give(driven.sealed(other, tips=4, burned=20)) == []
    assert driven.state_name() == "Storing"
    assert driven.held[0].sync
    driven.persist()
    commits = driven.said[-2:]
    assert {type(each) for each in commits} == {wire.Commit}
    (announced,) = driven.announced
    block = announced.block
    assert block.number == 1
    assert block.participants == (HOME, OTHER)
    assert block.fees_pending == 0
    assert block.supply == GENESIS.supply - 30
    assert block.header.gas_used == 42_000


def test_a_shard_without_work_is_carried_over() -> None:
    driven = joined()
    (opened,) = driven.work(HOME, after_ms=0)
    driven.lane_ended(opened)
    driven.give(driven.sealed(opened))
    block = driven.announced[0].block
    assert block.participants == (HOME,)
    assert block.summaries[OTHER] == driven.machine.head.summaries[OTHER]
    assert [type(each) for each in driven.said[-2:]] == [wire.Commit, wire.Commit]


def test_tips_wait_while_the_coinbases_home_is_away() -> None:
    driven = Driven()
    driven.join(OTHER)
    driven.catch_up(OTHER)
    (opened,) = driven.work(OTHER, after_ms=0)
    driven.lane_ended(opened, tips=9)
    driven.give(driven.sealed(opened, tips=9))
    assert driven.machine.head.fees_pending == 9
    driven.catch_up(OTHER)
    driven.join(HOME)
    driven.catch_up(HOME)
    (opened, _) = driven.work(OTHER)
    driven.lane_ended(opened)
    assert wire.from_amount(driven.lane_ended(driven.said[-1], tips=1)[0].fees) == 10  # type: ignore[union-attr]


def test_no_epoch_opens_while_a_member_must_catch_up() -> None:
    driven, home, other = sealing()
    driven.give(driven.sealed(home, tips=3))
    driven.give(driven.sealed(other, tips=4))
    driven.catch_up(HOME)
    assert driven.work(HOME) == []
    opened = driven.catch_up(OTHER)
    assert isinstance(opened[0], wire.Open)


def test_who_missed_a_commit_while_it_came_up_hears_it_at_once() -> None:
    driven = Driven()
    driven.join(OTHER)
    driven.catch_up(OTHER)
    (opened,) = driven.work(OTHER, after_ms=0)
    driven.join(HOME)
    driven.lane_ended(opened)
    driven.give(driven.sealed(opened))
    assert driven.machine.head.number == 1
    before = wire.Committed(HOME, driven.machine.term, Epoch(0), wire.Work.NONE)
    (commit,) = driven.give(before)
    assert isinstance(commit, wire.Commit)
    assert (commit.shard_id, commit.epoch) == (HOME, 1)
    assert driven.catch_up(HOME) == []


def test_epochs_keep_their_distance() -> None:
    driven = joined()
    driven.work(HOME, after_ms=0)
    driven.give(LinkDown(OTHER))
    driven.lane_ended(driven.said[-1])
    driven.give(driven.sealed(driven.said[-2]))
    driven.catch_up(HOME)
    assert driven.work(HOME, after_ms=49) == []
    assert isinstance(driven.give(Tick(), after_ms=1)[-1], wire.Open)


def test_an_idle_cluster_makes_no_blocks() -> None:
    driven = joined()
    assert driven.give(Tick(), after_ms=10**9) == []
    assert driven.state_name() == "Between"


def test_a_shard_that_does_not_answer_in_time_is_left_out() -> None:
    driven = joined()
    driven.work(OTHER, after_ms=0)
    home = driven.said[-2]
    driven.lane_ended(home)
    said = driven.give(Tick(), after_ms=ANSWER_TIMEOUT_MS)
    assert [each.shard_id for each in said if isinstance(each, wire.Abort)] == [HOME, OTHER]
    assert [each.shard_id for each in driven.excluded] == [OTHER]
    (opened,) = driven.work(HOME)
    assert isinstance(opened, wire.Open)
    assert (opened.round.epoch, opened.round.attempt) == (1, 1)


def test_a_shard_that_says_that_it_works_is_left_out_only_once_it_is_silent() -> None:
    driven = joined()
    driven.work(HOME, after_ms=0)
    driven.give(working(HOME), after_ms=1_000)
    driven.give(Tick(), after_ms=ANSWER_TIMEOUT_MS - 1)
    assert driven.excluded == []
    driven.give(Tick(), after_ms=1)
    assert [each.shard_id for each in driven.excluded] == [HOME]


def test_nobody_is_blamed_for_silence_while_another_participant_works() -> None:
    driven = joined()
    driven.work(OTHER, after_ms=0)
    driven.give(working(OTHER), after_ms=ANSWER_TIMEOUT_MS - 1)
    driven.give(Tick(), after_ms=PATIENCE_MS - ANSWER_TIMEOUT_MS)
    assert driven.excluded == []


def test_no_shard_works_for_longer_than_a_blocks_gas_takes() -> None:
    driven = joined()
    driven.work(HOME, after_ms=0)
    driven.give(working(HOME), after_ms=PATIENCE_MS - 1)
    driven.give(Tick())
    assert driven.excluded == []
    driven.give(Tick(), after_ms=1)
    assert [each.shard_id for each in driven.excluded] == [HOME]


def test_work_for_another_master_or_of_a_shard_that_takes_no_part_counts_for_nothing() -> None:
    driven = joined()
    driven.work(HOME, after_ms=0)
    driven.give(wire.Working(HOME, driven.machine.term - 1), after_ms=ANSWER_TIMEOUT_MS - 1)
    driven.give(working(OTHER))
    driven.give(Tick(), after_ms=1)
    assert [each.shard_id for each in driven.excluded] == [HOME]


def test_what_has_no_answer_is_said_again() -> None:
    driven = joined()
    opened = driven.work(HOME, after_ms=0)
    assert driven.give(Tick(), after_ms=RESEND_MS - 1) == []
    assert driven.give(Tick(), after_ms=1) == opened


def test_answers_of_an_aborted_round_do_not_count() -> None:
    driven = joined()
    (first,) = driven.work(HOME, after_ms=0)
    driven.join(HOME, number=2)
    driven.catch_up(HOME)
    (second,) = driven.work(HOME)
    assert isinstance(second, wire.Open)
    assert driven.lane_ended(first) == []
    assert isinstance(driven.lane_ended(second)[0], wire.Seal)


def test_a_participant_that_comes_back_with_its_sealed_block_still_counts() -> None:
    driven, home, other = sealing()
    driven.give(driven.sealed(home, tips=3))
    driven.join(OTHER, number=2, sealed=driven.sealed(other, tips=4))
    assert driven.machine.head.number == 1
    assert driven.announced[0].block.participants == (HOME, OTHER)


def test_nobody_is_welcomed_while_its_block_is_undecided() -> None:
    driven, home, other = sealing()
    sealed = driven.sealed(home, tips=3)
    driven.give(sealed)
    assert driven.join(HOME, number=2, sealed=sealed) == []
    driven.holding = True
    driven.give(driven.sealed(other, tips=4))
    assert driven.join(HOME, number=2, sealed=sealed) == []
    driven.persist()
    (welcome,) = driven.join(HOME, number=2, sealed=sealed)
    assert isinstance(welcome, wire.Welcome)
    assert (welcome.epoch, len(welcome.root_hashes)) == (1, 2)
    assert welcome.block_hash == driven.machine.head.summaries[HOME].block_hash


def test_a_participant_that_forgot_the_round_aborts_it() -> None:
    driven, _, _ = sealing()
    said = driven.join(OTHER, number=2)
    assert [type(each) for each in said] == [wire.Abort, wire.Abort, wire.Welcome]


@pytest.mark.parametrize(
    "changes",
    [{"timestamp": 1}, {"number": Epoch(2)}, {"base_fee": 1}, {"parent_hash": bytes(32)}],
    ids=str,
)
def test_a_block_that_was_not_asked_for_excludes_its_shard(changes: dict[str, Any]) -> None:
    driven, home, _ = sealing()
    driven.give(driven.sealed(home, tips=3, **changes))
    assert [each.shard_id for each in driven.excluded] == [HOME]
    assert driven.state_name() == "Between"


def test_other_tips_than_the_lane_reported_exclude_the_shard() -> None:
    driven, home, _ = sealing()
    driven.give(driven.sealed(home, tips=2))
    assert [each.reason for each in driven.excluded] == [
        "sealed with another tips than the epoch's"
    ]


def test_a_sweep_that_goes_back_excludes_the_shard() -> None:
    driven, home, _ = sealing()
    driven.give(driven.sealed(home, tips=3, sweep=SWEEP_BEGINS))
    assert [each.reason for each in driven.excluded] == ["sealed with a sweep that goes back"]


def test_a_stranger_is_invited_instead_of_heard() -> None:
    driven = Driven()
    (invite,) = driven.work(HOME)
    assert isinstance(invite, wire.Invite)
    (invite,) = driven.give(LinkUp(HOME))
    assert isinstance(invite, wire.Invite)


def test_a_shard_of_another_chain_is_not_welcome() -> None:
    driven = Driven()
    join = wire.Join(HOME, wire.Visit(1, 1), bytes(32), Epoch(0), bytes(32), None)
    assert driven.give(join) == []


def test_an_older_visit_is_ignored() -> None:
    driven = joined()
    assert driven.join(HOME, number=0) == []


def test_a_restarted_master_goes_on_from_its_root_chain() -> None:
    driven, home, other = sealing()
    driven.give(driven.sealed(home, tips=3))
    driven.give(driven.sealed(other, tips=4))
    again = Driven(driven.store)
    assert again.machine.head.hash == driven.machine.head.hash
    (welcome,) = again.join(HOME)
    assert isinstance(welcome, wire.Welcome)
    assert (welcome.epoch, welcome.term) == (1, 2)


def test_epochs_follow_one_another_and_no_round_is_opened_twice_over_restarts() -> None:
    store, rounds = Driven().store, []
    for restart in range(4):
        driven = Driven(store)
        driven.join_all()
        first, *_ = driven.work(HOME, after_ms=0)
        driven.join(HOME, number=2)  # aborts the attempt
        driven.catch_up(HOME)
        second, *_ = driven.work(HOME)
        for opened in (first, second):
            assert isinstance(opened, wire.Open)
            rounds.append(opened.round)
        driven.lane_ended(second)
        driven.give(driven.sealed(second))
        assert driven.machine.head.number == restart + 1
    assert rounds == sorted(set(rounds))
    chain = RootStore(store)
    numbers = [block.number for epoch in range(5) if (block := chain.block(Epoch(epoch)))]
    assert numbers == list(range(5))
