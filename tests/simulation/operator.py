"""The operator of a simulated cluster: wants twice as many shards, and is told no until it can be."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Final

from quarkparsec.chain.block import SWEPT
from quarkparsec.errors import Rejected
from quarkparsec.root.machine import RootMachine

if TYPE_CHECKING:
    from tests.simulation.world import World


class Operator:
    """One operator, in one world."""

    def __init__(self, world: World, splits: int, random: Random, *, insists: bool = True) -> None:
        """`insists`: asks again if a master forgot what it had promised."""
        self._world: Final = world
        self._target: Final = world.genesis.shard_count << splits
        self._insists: Final = insists
        self._was_promised = False
        self._interval_ms: Final = random.choice((20, 200, 1_000))
        self._first_ms: Final = random.randint(1, 1_500)

    def load(self) -> None:
        """Ask, and again later."""
        if self._target > self._world.genesis.shard_count:
            self._world.at(self._world.now_ms + self._first_ms, self._ask)

    @property
    def is_done(self) -> bool:
        """Whether all is split as it should be, and swept."""
        last = self._world.checker.roots[-1]
        is_swept = all(summary.sweep == SWEPT for summary in last.summaries)
        master = self._world.master.machine
        is_under_way = master is None or master.splits
        is_enough = last.shard_count == self._target or (
            self._was_promised and not self._insists and not is_under_way
        )
        return is_swept and is_enough

    def _ask(self) -> None:
        world = self._world
        if world.checker.roots[-1].shard_count == self._target:
            return
        if self._was_promised and not self._insists:
            return
        world.at(world.now_ms + self._interval_ms, self._ask)
        with suppress(Rejected):
            world.master.do(self._reshard)

    def _reshard(self, machine: RootMachine) -> list[Any]:
        effects = machine.reshard(self._world.now_ms, 2 * machine.head.shard_count)
        self._was_promised = True
        return effects
