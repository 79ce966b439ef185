"""One small piece of work across shards; every process dies at each of its steps, and all is well again."""

from __future__ import annotations

import os
from typing import Final

import pytest

from quarkparsec.types import ShardId
from tests.simulation.faults import Faults
from tests.simulation.small_work import SEED, work
from tests.simulation.world import MASTER, Machines, World

PROCESSES: Final = (MASTER, "shard 0", "shard 1", "shard 2", "shard 3")
IS_DEEP: Final = "SIMULATION_SEEDS" in os.environ
"""Each step with and without a power cut; by default they take turns."""


def run(crash: tuple[str, int] | None = None, *, power_cut: bool = False) -> World:
    faults = Faults(power_cut=float(power_cut))
    world = World(SEED, Machines(), faults, work(), frozenset((crash,) if crash else ()))
    world.run()
    return world


def steps_of(name: str) -> range:
    """The steps that a process makes in a run in which nothing goes wrong."""
    world = run()
    process = world.master if name == MASTER else world.shards[ShardId(int(name[-1]))]
    return range(1, process.steps + 1)


@pytest.mark.parametrize("name", PROCESSES)
def test_wherever_a_process_dies_all_is_done_once(name: str) -> None:
    for step in steps_of(name):
        for power_cut in (False, True) if IS_DEEP else (step % 2 == 0,):
            world = run((name, step), power_cut=power_cut)
            assert world.crashes == 1, (name, step)
