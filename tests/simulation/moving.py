"""Moves in one thread: the master's machine, those of the slaves, links that break, and disks, under one seed.

What a shard does is reduced to a number: how many blocks it has. The root chain knows that number for every
shard, and whoever is about to hold one must have all of them. Everything that a process does is one step, and
before any of them the process may die: it loses all but its disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple

from quarkparsec.effects import Tick, WakeAt
from quarkparsec.root import move_states as master_side
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.move_states import Reported, SlaveDown, SlaveUp
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import SlavePlace, Topology, first_topology
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
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import MoveId, MoveReport

MASTER: Final = "master"
SLAVES: Final = ("slave-0", "slave-1", "slave-2")
SHARDS: Final = 4
STEPS_MAX: Final = 2_000


class Wrong(AssertionError):
    """The run shows what must never be."""


class Copied(NamedTuple):
    """A copy that isn't whole yet: from whom, how many blocks, what waited in the pool."""

    source: str
    blocks: int
    pool: str


@dataclass
class MasterDisk:
    topology: Topology
    term: int = 0
    blocks: list[int] = field(default_factory=lambda: [0] * SHARDS)


@dataclass
class SlaveDisk:
    topology: Topology
    """As heard of last."""
    shards: dict[ShardId, int] = field(default_factory=dict)
    """How many blocks each has."""
    whole: dict[tuple[ShardId, MoveId], int] = field(default_factory=dict)


class World:
    """One run: a move or a drain, work at the shards, and processes that die when they are told to."""

    def __init__(self, seed: int, crashes: Set[tuple[str, int]] = frozenset()) -> None:
        self.random: Final = Random(seed)
        self.crashes: Final = set(crashes)
        self.steps: Final = dict.fromkeys((MASTER, *SLAVES), 0)
        self.now_ms = 0
        self._pending: list[tuple[str, int, Callable[[], None]]] = []
        """Who does it, in which of its lives, and what."""
        self._timer: tuple[int, Callable[[], None]] | None = None
        """When the master looks at the clock, in its present life."""
        self.links: Final[dict[tuple[str, str], deque[Any]]] = {}
        places = tuple(SlavePlace(name, "localhost", index) for index, name in enumerate(SLAVES))
        topology = first_topology(places[:2], SHARDS).joined(places[2])
        self.master = Master(self, MasterDisk(topology))
        self.slaves: Final = {
            name: Slave(
                self, name, SlaveDisk(topology, dict.fromkeys(topology.shards_of(name), 0))
            )
            for name in SLAVES
        }
        self.master.start()
        for slave in self.slaves.values():
            slave.start()

    # --- the run

    def run(self, ask: Callable[[Mover], list[Any]], works: int = 6) -> None:
        """Ask the master for something, let everything happen, and check what came of it."""
        self.settle()
        self.master.ask(ask)
        while self._pending or self._let_time_pass():
            if works and self.random.random() < 0.2:
                works -= 1
                self._work()
            self._step()
        self._check_end()

    def do(self, name: str, life: int, act: Callable[[], None]) -> None:
        """Let a process do something later, if it still lives the same life."""
        self._pending.append((name, life, act))

    def wake_at(self, at_ms: int, act: Callable[[], None]) -> None:
        """Let the master do something at a time; the last one counts."""
        self._timer = at_ms, act

    def send(self, sender: str, receiver: str, message: Any) -> None:
        """Over a link that is up; messages of one link arrive in their order."""
        queue = self.links.get((sender, receiver))
        if queue is not None:
            queue.append(message)
            process = self.process(receiver)
            self.do(receiver, process.life, lambda: self._deliver(sender, receiver, queue))

    def process(self, name: str) -> Master | Slave:
        return self.master if name == MASTER else self.slaves[name]

    def _deliver(self, sender: str, receiver: str, queue: deque[Any]) -> None:
        if self.links.get((sender, receiver)) is queue:
            self.process(receiver).hear(sender, queue.popleft())

    def settle(self) -> None:
        """Until nobody has anything to do."""
        while self._pending:
            self._step()

    def _let_time_pass(self) -> bool:
        """When nothing else is left to do."""
        if self._timer is None or not self.master.mover.under_way:
            return False
        (at_ms, act), self._timer = self._timer, None
        self.now_ms = max(self.now_ms, at_ms)
        self.do(MASTER, self.master.life, act)
        return True

    def _step(self) -> None:
        if sum(self.steps.values()) > STEPS_MAX:
            raise Wrong("it never comes to rest")
        index = self.random.randrange(len(self._pending))
        name, life, act = self._pending.pop(index)
        process = self.process(name)
        if life != process.life:
            return
        self.now_ms += 1
        self.steps[name] += 1
        if (name, self.steps[name]) in self.crashes:
            self._crash(process)
        else:
            act()
        self._check()

    def _crash(self, process: Master | Slave) -> None:
        process.life += 1
        process.is_up = False
        for slave in self.slaves.values() if process is self.master else [process]:
            self.cut(slave.name)
        self.do(process.name, process.life, process.start)

    # --- links

    def cut(self, name: str) -> None:
        """The link between the master and a slave breaks; both ends see that, each when it comes to it."""
        if self.links.pop((MASTER, name), None) is None:
            return
        del self.links[name, MASTER]
        slave = self.slaves[name]
        if self.master.is_up:
            self.do(MASTER, self.master.life, lambda: self.master.step(SlaveDown(name)))
        if slave.is_up:
            self.do(name, slave.life, slave.lose_master)

    def connect(self, name: str) -> None:
        """A slave reaches the master."""
        slave = self.slaves[name]
        if not (self.master.is_up and slave.is_up) or (MASTER, name) in self.links:
            return
        self.links[MASTER, name], self.links[name, MASTER] = deque(), deque()
        self.do(MASTER, self.master.life, lambda: self.master.greet(name))
        self.do(name, slave.life, slave.find_master)

    # --- work, and what must hold

    def _work(self) -> None:
        """A shard that takes part in the epochs gets a block."""
        shard_id = ShardId(self.random.randrange(SHARDS))
        slave = self.slaves[self.master.disk.topology.holder(shard_id)]
        is_there = self.master.is_up and slave.is_up and shard_id in slave.open
        if is_there and shard_id not in self.master.held:
            self.master.disk.blocks[shard_id] += 1
            slave.disk.shards[shard_id] += 1

    def _check(self) -> None:
        """Whoever holds a shard has all of its blocks, on its disk."""
        topology = self.master.disk.topology
        for shard_id, blocks in enumerate(self.master.disk.blocks):
            disk = self.slaves[topology.holder(ShardId(shard_id))].disk
            copies = [has for (which, _), has in disk.whole.items() if which == shard_id]
            if blocks not in (disk.shards.get(ShardId(shard_id)), *copies):
                raise Wrong(f"{topology.holder(ShardId(shard_id))} has lost shard {shard_id}")

    def _check_end(self) -> None:
        topology = self.master.disk.topology
        require(not self.master.held, "a shard is held for ever")
        require(self.master.mover.under_way == "", "a move never ends")
        for name, slave in self.slaves.items():
            mine = set(topology.shards_of(name))
            require(set(slave.disk.shards) == mine == slave.open, f"{name} has other shards")
            require(not slave.disk.whole and not slave.copies, f"{name} keeps a copy")
            require(not slave.closed, f"{name} keeps a pool closed")
            for shard_id in mine:
                blocks = slave.disk.shards[shard_id]
                require(blocks == self.master.disk.blocks[shard_id], "a block is lost")
                kept = self.crashes or slave.pools[shard_id] == f"of {shard_id}"
                require(bool(kept), "a pool is lost")


def require(holds: bool, words: str) -> None:
    if not holds:
        raise Wrong(words)


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
        mine = self.disk.topology.shards_of(self.name)
        found = [Whole(shard_id, move) for shard_id, move in self.disk.whole]
        undecided = [each for each in found if each.shard_id not in mine]
        require(len(undecided) <= 1, "two whole copies whose moves aren't decided")
        self.arrival = Arrival(undecided[0] if undecided else None)
        self.departure = Departure()
        for each in found:
            if each not in undecided:
                self._later(partial(self._adopt, target_side.Adopt(*each)))
        self._later(self._follow)
        self._later(partial(self._world.connect, self.name))

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
                self.disk.whole.pop((effect.shard_id, effect.move), None)
            case target_side.Adopt():
                self._later(partial(self._adopt, effect))
            case source_side.Shut():
                self._later(partial(self._shut, effect))
            case source_side.Reopen():
                self.closed.discard(effect.shard_id)

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
        require(effect.block_hash == block_hash(blocks), "the source goes on though it is held")
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
        if effect.shard_id not in self.open:
            self._step(HasFailed(effect.move, "it isn't here"))
            return
        require(
            block_hash(self.disk.shards[effect.shard_id]) == effect.block_hash, "it isn't at rest"
        )
        self.closed.add(effect.shard_id)
        self._later(partial(self._step, IsClosed(effect.move)))

    def _later(self, act: Callable[[], None]) -> None:
        self._world.do(self.name, self.life, act)


def block_hash(blocks: int) -> Hash32:
    """What stands for the last of so many blocks."""
    return Hash32(blocks.to_bytes(32, "big"))
