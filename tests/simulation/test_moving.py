"""A shard moves, a slave is drained; every process dies at each of its steps, and all is as before or after."""

from __future__ import annotations

import os
from collections.abc import Callable, Set
from random import Random
from typing import Any, Final

import pytest

from quarkparsec.root import mover
from quarkparsec.root.move_states import SlaveDown, Storing
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import Move
from quarkparsec.shard import arrival, departure
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from tests.simulation.moving.facts import MASTER, SLAVES, Wrong
from tests.simulation.moving.world import Crash, World

IS_DEEP: Final = "SIMULATION_SEEDS" in os.environ
SEEDS: Final = range(100 if IS_DEEP else 6)
PAIRS: Final = 20_000 if IS_DEEP else 1_000
"""How many times two processes die in one run."""


def move(it: Mover) -> list[Any]:
    return it.begin(0, Move(ShardId(2), "slave-1"))


def drain(it: Mover) -> list[Any]:
    return it.dismiss(0, "slave-0")


ASKED: Final[dict[str, Callable[[Mover], list[Any]]]] = {"move": move, "drain": drain}


def run(seed: int, asked: str, crashes: Set[Crash] = frozenset()) -> World:
    world = World(seed, crashes)
    world.run(ASKED[asked])
    return world


def crashes_of(seed: int, asked: str) -> list[Crash]:
    """Every process at every step after somebody asked, up to the last when nothing goes wrong."""
    world = World(seed)
    world.settle()
    first = world.steps + 1
    world.run(ASKED[asked])
    steps = range(first, world.steps + 1)
    return [Crash(step, name) for step in steps for name in (MASTER, *SLAVES)]


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
def test_wherever_a_process_dies_every_shard_is_in_one_place(seed: int, asked: str) -> None:
    for crash in crashes_of(seed, asked):
        run(seed, asked, {crash})


@pytest.mark.parametrize("asked", ASKED)
def test_wherever_two_processes_die_every_shard_is_in_one_place(asked: str) -> None:
    chance = Random(1)
    for seed in range(PAIRS):
        run(seed, asked, set(chance.sample(crashes_of(seed % 10, asked), 2)))


def is_found(asked: str = "move") -> bool:
    """Whether some crash of some seed shows that something is wrong."""
    for seed in range(20):
        for crash in crashes_of(seed, asked):
            try:
                run(seed, asked, {crash})
            except Wrong:
                return True
    return False


def test_a_target_that_throws_away_a_whole_copy_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "Partial", arrival.Partial | arrival.Whole)
    assert is_found()


def test_a_source_that_opens_its_pool_for_good_only_when_told_once_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unheard:
        """An event that never comes."""

    monkeypatch.setattr(departure, "MasterUp", Unheard)
    assert is_found()


def test_a_master_that_gives_up_while_it_writes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mover.MOVES, SlaveDown, _also(mover.MOVES[SlaveDown], Storing))
    assert is_found()


def _also(moves: Any, state: type) -> Any:
    """The same, in one more state."""
    return {**moves, state: next(iter(moves.values()))}
