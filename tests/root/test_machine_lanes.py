"""The master between lanes: who takes part, which lane comes next, and whose tickets are whose."""

from __future__ import annotations

import pytest

from quarkparsec.broker.ticket_machine import numbers
from quarkparsec.effects import Tick
from quarkparsec.limits import ANSWER_TIMEOUT_MS, RESEND_MS, TICKETS_PER_ROUND, TICKETS_RESERVED
from quarkparsec.root.root_store import RootStore
from quarkparsec.types import ShardId
from quarkparsec.wire import epoch as wire
from tests.root.two_shards import HOME, OTHER, Driven

TWO = (HOME, OTHER)


def at_work(*shards: ShardId) -> tuple[Driven, list[wire.FromMaster]]:
    """An epoch with these shards in it (the coinbase's home always is)."""
    driven = Driven()
    driven.join_all()
    said = [message for shard_id in shards for message in driven.work(shard_id, after_ms=0)]
    return driven, [each for each in said if isinstance(each, wire.Open)]


def orders(said: list[wire.FromMaster]) -> list[tuple[int, int]]:
    """Shard and lane of what is all orders to run a lane."""
    assert all(isinstance(each, wire.Open | wire.OpenLane) for each in said), said
    return [(each.shard_id, each.lane if isinstance(each, wire.OpenLane) else 1) for each in said]


def granted(said: list[wire.FromMaster]) -> list[int]:
    """All numbers that these orders give, to whomever."""
    return [
        number for each in said if isinstance(each, wire.Open) for number in numbers(each.tickets)
    ]


def test_everybody_who_joined_is_present_though_only_some_take_part() -> None:
    _, (opened,) = at_work(HOME)
    assert isinstance(opened, wire.Open)
    assert (opened.shard_id, opened.present) == (HOME, TWO)


def test_who_is_not_joined_is_not_present() -> None:
    driven = Driven()
    driven.join(HOME)
    driven.catch_up(HOME)
    (opened,) = driven.work(HOME, after_ms=0)
    assert isinstance(opened, wire.Open)
    assert opened.present == (HOME,)


def test_a_shard_that_money_reaches_is_enlisted_and_runs_lane_1_first() -> None:
    driven, (home,) = at_work(HOME)
    said = driven.lane_ended(home, wants=(3,), reaches=(OTHER,))
    assert orders(said) == [(OTHER, 1)]
    assert said[0].round == home.round  # type: ignore[union-attr]
    said = driven.lane_ended(said[0])
    assert orders(said) == [(HOME, 3), (OTHER, 3)]


def test_for_tickets_all_are_enlisted_and_lane_3_follows_whether_it_is_wanted_or_not() -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, wants=(2,))
    second = driven.lane_ended(other)
    assert orders(second) == [(HOME, 2), (OTHER, 2)]
    assert driven.lane_ended(second[0]) == []
    third = driven.lane_ended(second[1])
    assert orders(third) == [(HOME, 3), (OTHER, 3)]
    driven.lane_ended(third[0])
    assert {type(each) for each in driven.lane_ended(third[1])} == {wire.Seal}


def test_who_is_enlisted_may_want_tickets_of_its_own() -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, wants=(3,), reaches=(OTHER,))
    assert orders(driven.lane_ended(other, wants=(2,))) == [(HOME, 2), (OTHER, 2)]


def test_without_wishes_the_epoch_is_sealed_after_lane_1() -> None:
    driven, (home,) = at_work(HOME)
    (seal,) = driven.lane_ended(home)
    assert isinstance(seal, wire.Seal)


def test_nobody_is_enlisted_who_is_away() -> None:
    driven = Driven()
    driven.join(HOME)
    driven.catch_up(HOME)
    (home,) = driven.work(HOME, after_ms=0)
    assert orders(driven.lane_ended(home, wants=(3,), reaches=(OTHER,))) == [(HOME, 3)]


def test_the_tips_that_count_are_those_of_the_last_lane() -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, tips=1, wants=(2,))
    orders_2 = driven.lane_ended(other, tips=2)
    for order in orders_2:
        orders_3 = driven.lane_ended(order, tips=10)
    seals = [driven.lane_ended(order, tips=100) for order in orders_3][-1]
    fees = {
        each.shard_id: wire.from_amount(each.fees) for each in seals if isinstance(each, wire.Seal)
    }
    assert fees == {HOME: 200, OTHER: 0}


def test_answers_about_another_lane_do_not_count() -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, wants=(2,))
    second = driven.lane_ended(other)
    for late in (home, other):
        assert driven.lane_ended(late) == []
    assert driven.lane_ended(second[0]) == driven.lane_ended(second[0]) == []
    assert driven.state_name() == "Executing"


@pytest.mark.parametrize("lane", [2, 3])
def test_a_shard_that_hangs_in_a_lane_is_left_out_and_the_others_begin_again(lane: int) -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, wants=(2,))
    said = driven.lane_ended(other)
    if lane == 3:
        said = [message for order in said for message in driven.lane_ended(order)]
    driven.lane_ended(said[0])
    again = driven.give(Tick(), after_ms=ANSWER_TIMEOUT_MS)[-1]
    assert [each.shard_id for each in driven.excluded] == [OTHER]
    assert isinstance(again, wire.Open)
    assert (again.round.attempt, again.present) == (1, (HOME,))


# --- tickets


def test_no_number_is_given_twice_in_one_round_or_another() -> None:
    driven, said = at_work(HOME)
    said += driven.lane_ended(said[0], wants=(3,), reaches=(OTHER,))
    driven.join(HOME, number=2)
    driven.catch_up(HOME)
    said += driven.work(HOME)
    numbers_given = granted(said)
    assert len(numbers_given) == 3 * TICKETS_PER_ROUND
    assert len(set(numbers_given)) == len(numbers_given)


def test_no_shard_is_older_than_another() -> None:
    _, said = at_work(OTHER)
    home, other = (each.tickets for each in said if isinstance(each, wire.Open))
    assert (other.first - home.first, home.step, other.step) == (1, 2, 2)


def test_nothing_opens_before_its_tickets_are_durable() -> None:
    driven = Driven(holding=True)
    reservation, term = driven.held
    driven.held = [term]
    driven.persist()
    driven.join_all()
    driven.work(HOME)
    assert not any(isinstance(each, wire.Open) for each in driven.said)
    assert RootStore(driven.store).tickets_bound() == 0
    driven.held = [reservation]
    driven.persist()
    assert isinstance(driven.said[-1], wire.Open)


def test_a_restarted_master_goes_on_above_everything_that_was_reserved() -> None:
    driven, (home,) = at_work(HOME)
    before = granted([home])
    bound = RootStore(driven.store).tickets_bound()
    assert max(before) < bound
    again = Driven(driven.store)
    again.join_all()
    after = granted(again.work(HOME, after_ms=0))
    assert min(after) >= bound
    assert RootStore(again.store).tickets_bound() > max(after)


def test_tickets_are_reserved_in_large_steps_and_never_run_short() -> None:
    driven = Driven()
    driven.join_all()
    bounds, last = set(), -1
    for number in range(2, 2 + TICKETS_RESERVED // (2 * TICKETS_PER_ROUND) + 10):
        (opened,) = driven.work(HOME)
        assert isinstance(opened, wire.Open)
        assert last < opened.tickets.first
        last = numbers(opened.tickets)[-1]
        bounds.add(RootStore(driven.store).tickets_bound())
        assert last < max(bounds)
        driven.join(HOME, number=number)  # aborts the round
        driven.catch_up(HOME)
    assert len(bounds) <= 4


def test_whose_part_of_lane_2_is_over_is_asked_on_for_others_may_wait_for_its_work() -> None:
    driven, (home,) = at_work(HOME)
    (other,) = driven.lane_ended(home, wants=(2,))
    second = driven.lane_ended(other)
    driven.lane_ended(second[1])
    assert driven.give(Tick(), after_ms=RESEND_MS) == second
    driven.give(wire.Working(OTHER, driven.machine.term))
    driven.give(Tick(), after_ms=ANSWER_TIMEOUT_MS - 1)
    assert driven.excluded == []
    driven.lane_ended(second[1])
    driven.give(Tick(), after_ms=1)
    assert [each.shard_id for each in driven.excluded] == [HOME]
