"""A copy is worth nothing until it is whole; then it is kept until the master's word."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.shard.arrival import (
    Adopt,
    Arrival,
    Complete,
    Copy,
    Discard,
    Empty,
    Given,
    HasCome,
    HasFailed,
    IsWhole,
    MasterDown,
    MasterUp,
    Say,
    Whole,
)
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import (
    Arrived,
    CompleteCopy,
    CopyClose,
    EndMove,
    FetchShard,
    MoveFailed,
    MoveId,
)

SHARD = ShardId(3)
ID, OTHER = MoveId(2, 5), MoveId(3, 1)
LAST = Hash32(b"\x22" * 32)
WAY = (FetchShard(SHARD, ID, "slave-0"), HasCome(ID), CompleteCopy(SHARD, ID, LAST), IsWhole(ID))


def arrival(steps: int) -> Arrival:
    """One that has gone so far."""
    made = Arrival()
    for event in WAY[:steps]:
        made.step(event)
    return made


def test_a_copy_goes_step_by_step_until_the_topology_makes_it_the_shard() -> None:
    made = Arrival()
    effects = [made.step(event) for event in (*WAY, Given(frozenset({SHARD})))]
    assert effects == [
        [Copy(SHARD, ID, "slave-0")],
        [Say(CopyClose(SHARD, ID))],
        [Complete(SHARD, ID, LAST)],
        [Say(Arrived(SHARD, ID))],
        [Adopt(SHARD, ID)],
    ]
    assert made.state == Empty()


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("end", [MasterDown(), EndMove(SHARD, ID)])
def test_a_copy_that_isnt_whole_is_thrown_away(steps: int, end: Any) -> None:
    made = arrival(steps)
    assert made.step(end) == [Discard(SHARD, ID)]
    assert made.state == Empty()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_copy_that_fails_is_thrown_away_and_the_master_told(steps: int) -> None:
    failed = [Say(MoveFailed(SHARD, ID, "no room")), Discard(SHARD, ID)]
    assert arrival(steps).step(HasFailed(ID, "no room")) == failed


def test_a_whole_copy_outlives_the_connection_and_asks_the_next_master() -> None:
    made = arrival(4)
    assert made.step(MasterDown()) == []
    assert made.step(HasFailed(ID, "late")) == []
    assert made.step(Given(frozenset({ShardId(1)}))) == []
    assert made.step(MasterUp()) == [Say(Arrived(SHARD, ID))]
    assert made.step(EndMove(SHARD, ID)) == [Discard(SHARD, ID)]


def test_a_whole_copy_outlives_the_process() -> None:
    made = Arrival(Whole(SHARD, ID))
    assert made.step(MasterUp()) == [Say(Arrived(SHARD, ID))]
    assert made.step(Given(frozenset({SHARD}))) == [Adopt(SHARD, ID)]


def test_words_about_another_move_change_nothing() -> None:
    made = arrival(1)
    for event in (EndMove(SHARD, OTHER), HasCome(OTHER), IsWhole(OTHER), HasFailed(OTHER, "")):
        assert made.step(event) == []
    assert made.step(HasCome(ID)) == [Say(CopyClose(SHARD, ID))]


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_new_move_takes_the_place_of_a_forgotten_one(steps: int) -> None:
    effects = arrival(steps).step(FetchShard(ShardId(1), OTHER, "slave-2"))
    assert effects == [Discard(SHARD, ID), Copy(ShardId(1), OTHER, "slave-2")]


@pytest.mark.parametrize("event", [MasterUp(), MasterDown(), Given(frozenset({SHARD}))])
def test_where_nothing_comes_nothing_is_done(event: Any) -> None:
    assert Arrival().step(event) == []
