"""What comes after a lane, and who has to take part in it."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.root.barriers import missing_participants, next_lane
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.types import Epoch, ShardId, Wei
from quarkparsec.wire.epoch import LaneEnded, Round, Tickets, to_amount

ROUND = Round(Epoch(1), 1, 0)
PRESENT = tuple(map(ShardId, (0, 1, 3)))
"""Shard 2 is absent."""


def ended(*wants: int, reaches: tuple[int, ...] = (), shard_id: int = 0) -> LaneEnded:
    return LaneEnded(
        ShardId(shard_id), ROUND, 1, to_amount(0), wants, tuple(map(ShardId, reaches))
    )


def plan(*participants: int) -> EpochPlan:
    tickets = {shard_id: Tickets(1 + shard_id, 4, 100) for shard_id in PRESENT}
    return EpochPlan(ROUND, 1, Wei(7), keccak(b"seed"), tuple(map(ShardId, participants)), tickets)


@pytest.mark.parametrize(
    ("lane", "wants", "then"),
    [
        (1, [()], None),
        (1, [(), (2,)], 2),
        (1, [(3,), ()], 3),
        (1, [(3,), (2,)], 2),
        (1, [(2, 3), (3,)], 2),
        (2, [()], 3),
        (2, [(3,), ()], 3),
        (3, [()], None),
        (3, [(2, 3)], None),
    ],
)
def test_lanes_follow_if_somebody_wants_them_and_lane_3_follows_lane_2_always(
    lane: int, wants: list[tuple[int, ...]], then: int | None
) -> None:
    answers = [ended(*each, shard_id=index) for index, each in enumerate(wants)]
    assert next_lane(lane, answers) == then


def test_for_tickets_everybody_present_takes_part() -> None:
    assert missing_participants(plan(1), [ended(2, shard_id=1)]) == (0, 3)


def test_for_transfers_those_take_part_whom_money_reaches() -> None:
    assert missing_participants(plan(1), [ended(3, reaches=(0,), shard_id=1)]) == (0,)


def test_an_absent_shard_is_not_enlisted_whatever_reaches_it() -> None:
    assert missing_participants(plan(1), [ended(3, reaches=(0, 2), shard_id=1)]) == (0,)


def test_without_later_lanes_nobody_is_missing() -> None:
    assert missing_participants(plan(1), [ended(shard_id=1)]) == ()


def test_once_all_take_part_nobody_is_missing() -> None:
    answers = [ended(2, 3, reaches=(0, 1, 3), shard_id=each) for each in PRESENT]
    assert missing_participants(plan(*PRESENT), answers) == ()


def test_enlisting_keeps_the_order_and_everything_else() -> None:
    enlisted = plan(1).enlist(map(ShardId, (3, 0)))
    assert enlisted.participants == (0, 1, 3)
    assert enlisted._replace(participants=()) == plan()
