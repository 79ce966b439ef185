"""A slave of a world of moving shards: its two machines, its shards and its copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from quarkparsec.root.topology import Topology
from quarkparsec.shard import arrival as target_side
from quarkparsec.shard import departure as source_side
from quarkparsec.shard.arrival import (
    Arrival,
    Given,
    HasCome,
    HasFailed,
    IsWhole,
    MasterDown,
    MasterUp,
    Whole,
)
from quarkparsec.shard.departure import Departure, IsClosed
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import MoveId
from tests.simulation.moving.facts import MASTER, block_hash, require

if TYPE_CHECKING:
    from tests.simulation.moving.world import World


class Copied(NamedTuple):
    """A copy that isn't whole yet: from whom, how many blocks, what waited in the pool."""

    source: str
    blocks: int
    pool: str


@dataclass
class SlaveDisk:
    topology: Topology
    """As heard of last."""
    shards: dict[ShardId, int] = field(default_factory=dict)
    """How many blocks each has."""
    whole: dict[tuple[ShardId, MoveId], int] = field(default_factory=dict)


class Slave:
    """The two machines of a slave, its shards and its copies."""

    def __init__(self, world: World, name: str, disk: SlaveDisk) -> None:
        self.name: Final = name
        self.disk: Final = disk
        self.life = 0
        self.is_up = False
        self.open: set[ShardId] = set()
        self.closed: set[ShardId] = set()
        """Shards whose pool is closed."""
        self.copies: dict[MoveId, Copied] = {}
        self.pools: dict[ShardId, str] = {shard: f"of {shard}" for shard in disk.shards}
        self._world: Final = world

    def start(self) -> None:
        self.is_up = True
        self.open, self.closed, self.copies = set(), set(), {}
        self.pools = {} if self.life else self.pools
        self.arrival = Arrival(self._decide_on_whole())
        self.departure = Departure()
        self._later(self._follow)
        self._later(partial(self._world.connect, self.name))

    def _decide_on_whole(self) -> Whole | None:
        """The copy whose move isn't decided yet; the one that is the shard is adopted, others go."""
        mine = self.disk.topology.shards_of(self.name)
        undecided = None
        for shard_id, move in sorted(self.disk.whole, key=lambda each: each[1], reverse=True):
            if shard_id in mine and shard_id not in self.disk.shards:
                self.disk.shards[shard_id] = self.disk.whole.pop((shard_id, move))
            elif shard_id in mine or undecided is not None:
                del self.disk.whole[shard_id, move]
            else:
                undecided = Whole(shard_id, move)
        return undecided

    def find_master(self) -> None:
        self._step(MasterUp())

    def lose_master(self) -> None:
        self._step(MasterDown())
        self._later(partial(self._world.connect, self.name))

    def hear(self, _: str, message: Any) -> None:
        if isinstance(message, Topology):
            require(message.version >= self.disk.topology.version, "the topology goes back")
            self.disk.topology = message
            self._follow()
        else:
            self._step(message)

    def _follow(self) -> None:
        """Open what the topology gives; delete what it gives to another."""
        mine = frozenset(self.disk.topology.shards_of(self.name))
        self._step(Given(mine))
        self._later(self._open)
        self.open &= mine
        for shard_id in list(self.disk.shards):
            if shard_id not in mine:
                self.closed.discard(shard_id)
                self._later(partial(self._delete, shard_id))

    def _open(self) -> None:
        self.open = set(self.disk.shards) & set(self.disk.topology.shards_of(self.name))

    def _delete(self, shard_id: ShardId) -> None:
        if shard_id not in self.disk.topology.shards_of(self.name):
            self.disk.shards.pop(shard_id, None)

    def _step(self, event: Any) -> None:
        for machine in (self.arrival, self.departure):
            for effect in machine.step(event):
                self._carry_out(effect)

    def _carry_out(self, effect: Any) -> None:
        match effect:
            case target_side.Say():
                self._world.send(self.name, MASTER, effect.report)
            case target_side.Copy():
                self.copies[effect.move] = Copied(effect.source, 0, "")
                self._later(partial(self._copy, effect))
            case target_side.Complete():
                self._later(partial(self._complete, effect))
            case target_side.Discard():
                self.copies.pop(effect.move, None)
                self._later(partial(self._delete_whole, effect))
            case target_side.Adopt():
                self._later(partial(self._adopt, effect))
            case source_side.Shut():
                self._later(partial(self._shut, effect))
            case source_side.Reopen():
                self.closed.discard(effect.shard_id)

    def _delete_whole(self, effect: target_side.Discard) -> None:
        self.disk.whole.pop((effect.shard_id, effect.move), None)

    def _adopt(self, effect: target_side.Adopt) -> None:
        shard_id = effect.shard_id
        self.disk.shards[shard_id] = self.disk.whole.pop((shard_id, effect.move))
        copied = self.copies.pop(effect.move, None)
        self.pools[shard_id] = copied.pool if copied else ""
        self._open()

    def _copy(self, effect: target_side.Copy) -> None:
        if effect.move not in self.copies:
            return
        source = self._world.slaves[effect.source]
        if not source.is_up or effect.shard_id not in source.open:
            self._step(HasFailed(effect.move, "nobody is there"))
            return
        self.copies[effect.move] = Copied(effect.source, source.disk.shards[effect.shard_id], "")
        self._later(partial(self._step, HasCome(effect.move)))

    def _complete(self, effect: target_side.Complete) -> None:
        copied = self.copies.get(effect.move)
        if copied is None:
            return
        source = self._world.slaves[copied.source]
        if not source.is_up or effect.shard_id not in source.closed:
            self._step(HasFailed(effect.move, "nobody is there"))
            return
        blocks = source.disk.shards[effect.shard_id]
        if effect.block_hash != block_hash(blocks):  # another master has forgotten the move
            self._step(HasFailed(effect.move, "it went on"))
            return
        pool = source.pools.get(effect.shard_id, "")
        self.copies[effect.move] = Copied(copied.source, blocks, pool)
        self._later(partial(self._make_whole, effect))

    def _make_whole(self, effect: target_side.Complete) -> None:
        copied = self.copies.get(effect.move)
        if copied is not None:
            self.disk.whole[effect.shard_id, effect.move] = copied.blocks
            self._later(partial(self._step, IsWhole(effect.move)))

    def _shut(self, effect: source_side.Shut) -> None:
        if self.departure.state != source_side.Closing(effect.shard_id, effect.move):
            return
        last = self.disk.shards.get(effect.shard_id, 0)
        if effect.shard_id not in self.open or block_hash(last) != effect.block_hash:
            self._step(HasFailed(effect.move, "it isn't at rest"))
            return
        self.closed.add(effect.shard_id)
        self._later(partial(self._step, IsClosed(effect.move)))

    def _later(self, act: Callable[[], None]) -> None:
        self._world.do(self.name, self.life, act)
