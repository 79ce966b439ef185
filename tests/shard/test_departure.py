"""A pool that was closed for a move stays so until the master's word, and opens again if there is no move."""

from __future__ import annotations

import pytest

from quarkparsec.shard.arrival import Given, HasFailed, MasterUp, Say
from quarkparsec.shard.departure import Departure, IsClosed, Reopen, Shut, Working
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import ClosePool, EndMove, MoveFailed, MoveId, PoolClosed

SHARD = ShardId(3)
ID, OTHER = MoveId(2, 5), MoveId(3, 1)
LAST = Hash32(b"\x22" * 32)
WAY = (ClosePool(SHARD, ID, LAST), IsClosed(ID))


def departure(steps: int) -> Departure:
    """One that has gone so far."""
    made = Departure()
    for event in WAY[:steps]:
        made.step(event)
    return made


def test_a_shard_closes_its_pool_and_goes() -> None:
    made = Departure()
    assert made.step(WAY[0]) == [Shut(SHARD, ID, LAST)]
    assert made.step(WAY[1]) == [Say(PoolClosed(SHARD, ID))]
    assert made.step(Given(frozenset({SHARD, ShardId(1)}))) == []
    assert made.step(Given(frozenset({ShardId(1)}))) == []
    assert made.state == Working()


@pytest.mark.parametrize("steps", [1, 2])
def test_a_move_that_ends_opens_the_pool(steps: int) -> None:
    made = departure(steps)
    assert made.step(EndMove(SHARD, OTHER)) == []
    assert made.step(EndMove(SHARD, ID)) == [Reopen(SHARD)]
    assert made.state == Working()


def test_a_closed_pool_asks_each_master_what_became_of_the_move() -> None:
    assert departure(2).step(MasterUp()) == [Say(PoolClosed(SHARD, ID))]
    assert departure(1).step(MasterUp()) == []


def test_a_shard_that_isnt_at_rest_says_so_and_works_on() -> None:
    refused = [Say(MoveFailed(SHARD, ID, "busy")), Reopen(SHARD)]
    assert departure(1).step(HasFailed(ID, "busy")) == refused


def test_what_is_closed_too_late_stays_open() -> None:
    made = departure(1)
    made.step(EndMove(SHARD, ID))
    assert made.step(IsClosed(ID)) == []


def test_a_new_move_takes_the_place_of_a_forgotten_one() -> None:
    effects = departure(2).step(ClosePool(ShardId(1), OTHER, LAST))
    assert effects == [Reopen(SHARD), Shut(ShardId(1), OTHER, LAST)]
