"""A shard moves, a slave is drained; every process dies at each of its steps, and all is as before or after."""

from __future__ import annotations

import os
from collections.abc import Callable, Set
from itertools import combinations
from typing import Any, Final

import pytest

from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import Move
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from tests.simulation.moving.world import World

IS_DEEP: Final = "SIMULATION_SEEDS" in os.environ
SEEDS: Final = range(200 if IS_DEEP else 20)
PAIRED: Final = range(4 if IS_DEEP else 1)
"""Seeds of which any two steps are deadly."""


def move(mover: Mover) -> list[Any]:
    return mover.begin(0, Move(ShardId(2), "slave-1"))


def drain(mover: Mover) -> list[Any]:
    return mover.dismiss(0, "slave-0")


ASKED: Final[dict[str, Callable[[Mover], list[Any]]]] = {"move": move, "drain": drain}


def run(seed: int, asked: str, crashes: Set[tuple[str, int]] = frozenset()) -> World:
    world = World(seed, crashes)
    world.run(ASKED[asked])
    return world


def steps_of(seed: int, asked: str) -> list[tuple[str, int]]:
    """Whatever is done after somebody asked, in a run in which nothing goes wrong."""
    world = World(seed)
    world.settle()
    before = dict(world.steps)
    world.run(ASKED[asked])
    return [
        (name, at)
        for name, last in world.steps.items()
        for at in range(before[name] + 1, last + 1)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_crash_a_shard_moves_with_all_that_waits_in_it(seed: int) -> None:
    world = run(seed, "move")
    assert world.master.disk.topology.holder(ShardId(2)) == "slave-1"
    assert [status.stage for status in world.master.mover.statuses] == [Stage.DONE]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_crash_a_drained_slave_is_gone(seed: int) -> None:
    world = run(seed, "drain")
    assert world.master.disk.topology.slave("slave-0") is None
    assert len(world.master.mover.statuses) == 2


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("seed", SEEDS)
def test_wherever_a_process_dies_the_shard_is_in_one_place(seed: int, asked: str) -> None:
    for step in steps_of(seed, asked):
        run(seed, asked, {step})


@pytest.mark.parametrize("seed", PAIRED)
def test_wherever_two_processes_die_the_shard_is_in_one_place(seed: int) -> None:
    for pair in combinations(steps_of(seed, "move"), 2):
        run(seed, "move", set(pair))
