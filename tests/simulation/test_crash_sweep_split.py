"""Shards are split while they work; every process dies at each of its steps.

Afterwards there are two shards or four, never a mixture, and all that was wanted is done. The operator
asks once: what a master had only promised may be forgotten with it.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from quarkparsec.root.root_store import RootStore
from quarkparsec.state.stored import read_place
from tests.simulation.faults import Faults
from tests.simulation.split_work import GROUPS, SEED, SHARD_COUNT, work
from tests.simulation.world import MASTER, Machines, World

PROCESSES: Final = (MASTER, *[f"shard {index}" for index in range(GROUPS)])
IS_DEEP: Final = "SIMULATION_SEEDS" in os.environ
"""Each step with and without a power cut; by default some steps, in turns."""
STRIDE: Final = 1 if IS_DEEP else 7


def run(crash: tuple[str, int] | None = None, *, power_cut: bool = False) -> World:
    faults = Faults(power_cut=float(power_cut))
    crashes = frozenset((crash,) if crash else ())
    world = World(SEED, Machines(), faults, work(), crashes, insists=False)
    world.run()
    return world


def steps_of(name: str) -> range:
    """The steps that a process makes in a run in which nothing goes wrong."""
    processes = dict(run().named())
    return range(1, processes[name].steps + 1, STRIDE)


def shard_count_everywhere(world: World) -> set[int]:
    """What each disk would say after a power cut of how many shards there are."""
    chain = RootStore(world.master.disk.safe)
    shards = [process.disk.safe for process in world.shards.values()]
    return {
        chain.head().shard_count,
        chain.topology().shard_count,
        len(shards),
        *[read_place(disk).shard_count for disk in shards],
    }


@pytest.mark.parametrize("name", PROCESSES)
def test_wherever_a_process_dies_there_are_as_many_shards_everywhere(name: str) -> None:
    for step in steps_of(name):
        for power_cut in (False, True) if IS_DEEP else (step % 2 == 0,):
            world = run((name, step), power_cut=power_cut)
            assert world.crashes == 1, (name, step)
            (count,) = shard_count_everywhere(world)
            assert count in (SHARD_COUNT, GROUPS)


def test_both_outcomes_happen() -> None:
    """A master that dies early has forgotten what it promised; one that dies late has not."""
    steps = steps_of(MASTER)
    early, late = (run((MASTER, step)) for step in (steps[0] + 20, steps[-1]))
    assert shard_count_everywhere(early) | shard_count_everywhere(late) == {SHARD_COUNT, GROUPS}
