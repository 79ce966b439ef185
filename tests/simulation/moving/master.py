"""The master of a world of moving shards: the mover, and as much of the root machine as it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from quarkparsec.effects import Tick, WakeAt
from quarkparsec.root import move_states as master_side
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.move_states import Reported, SlaveUp
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import Topology
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import MoveReport
from tests.simulation.moving.facts import MASTER, SHARDS, SLAVES, block_hash

if TYPE_CHECKING:
    from tests.simulation.moving.world import World


@dataclass
class MasterDisk:
    topology: Topology
    term: int = 0
    blocks: list[int] = field(default_factory=lambda: [0] * SHARDS)


class Master:
    """The mover, and as much of the root machine as it needs."""

    name: Final = MASTER

    def __init__(self, world: World, disk: MasterDisk) -> None:
        self.disk: Final = disk
        self.life = 0
        self.is_up = False
        self.held: set[ShardId] = set()
        self._wanted: set[ShardId] = set()
        """Those that are to be held."""
        self._world: Final = world

    def start(self) -> None:
        self.is_up = True
        self.held, self._wanted = set(), set()
        self.disk.term += 1
        self.mover = Mover(self.disk.term, self.disk.topology)
        for name in SLAVES:
            self._later(partial(self._world.connect, name))

    def ask(self, what: Callable[[Mover], list[Any]]) -> None:
        self._carry_out(what(self.mover))

    def step(self, event: Any) -> None:
        self._carry_out(self.mover.step(self._world.now_ms, event))

    def greet(self, name: str) -> None:
        self._world.send(MASTER, name, self.disk.topology)
        self.step(SlaveUp(name))

    def hear(self, sender: str, message: MoveReport) -> None:
        self.step(Reported(sender, message))

    def _carry_out(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case master_side.Tell():
                    self._world.send(MASTER, effect.name, effect.order)
                case master_side.Hold():
                    self._wanted.add(effect.shard_id)
                    self._later(partial(self._hold, effect.shard_id))
                case master_side.Release():
                    self._wanted.discard(effect.shard_id)
                    self.held.discard(effect.shard_id)
                case master_side.Rearrange():
                    self._later(partial(self._write, self.disk.topology.moved(effect.move)))
                case master_side.Dismiss():
                    self._later(partial(self._write, self.disk.topology.left(effect.name)))
                case WakeAt():
                    self._world.wake_at(effect.at_ms, partial(self.step, Tick()))

    def _hold(self, shard_id: ShardId) -> None:
        if shard_id not in self._wanted:
            return
        self._wanted.discard(shard_id)
        self.held.add(shard_id)
        self.step(Held(shard_id, block_hash(self.disk.blocks[shard_id])))

    def _write(self, topology: Topology) -> None:
        self.disk.topology = topology
        self._later(partial(self._written, topology))

    def _written(self, topology: Topology) -> None:
        self.held.clear()
        for name in SLAVES:
            self._world.send(MASTER, name, topology)
        self.step(Rearranged(topology))

    def _later(self, act: Callable[[], None]) -> None:
        self._world.do(self.name, self.life, act)
