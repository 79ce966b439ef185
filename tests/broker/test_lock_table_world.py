"""Many shards, one order of age: no circle of waiting, and what comes out is serializable."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.broker.ticket_world import GivingWay, World

SEEDS = range(1_000)


def _is_circular(followers: Mapping[int, set[int]]) -> bool:
    try:
        TopologicalSorter(followers).prepare()
    except CycleError:
        return True
    return False


def test_every_ticket_is_decided_and_the_decisions_have_a_serial_order() -> None:
    attempts = 0
    for seed in SEEDS:
        world = World(seed)
        world.run()
        assert world.unfinished == [], seed
        assert not _is_circular(world.followers()), seed
        attempts += sum(agent.attempt - 1 for agent in world.agents)
    assert attempts > 3 * len(SEEDS), "the runs are full of conflicts"


@pytest.mark.parametrize("giving_way", [GivingWay.NEVER, GivingWay.AT_FIRST])
def test_deciders_that_wait_instead_of_giving_way_stall(giving_way: GivingWay) -> None:
    stalled = 0
    for seed in range(200):
        world = World(seed, giving_way)
        world.run()
        stalled += bool(world.unfinished)
    assert stalled > 0
