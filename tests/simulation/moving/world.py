"""Moves in one thread: the master's machine, those of the slaves, links that break, and disks, under one seed.

What a shard does is reduced to a number: how many blocks it has. The root chain knows that number for every
shard, and whoever is about to hold one must have all of them. Everything that a process does is one step; before
any step any process may die: it loses all but its disk, and comes up again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Set
from random import Random
from typing import Any, Final, NamedTuple

from quarkparsec.root.move_states import SlaveDown
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import SlavePlace, first_topology
from quarkparsec.types import ShardId
from tests.simulation.moving.facts import MASTER, SHARDS, SLAVES, Wrong, require
from tests.simulation.moving.master import Master, MasterDisk
from tests.simulation.moving.slave import Slave, SlaveDisk

STEPS_MAX: Final = 2_000


class Crash(NamedTuple):
    """A process dies before a step of the world."""

    step: int
    name: str


class World:
    """One run: a move or a drain, work at the shards, and processes that die when they are told to."""

    def __init__(self, seed: int, crashes: Set[Crash] = frozenset()) -> None:
        self.random: Final = Random(seed)
        self.crashes: Final = crashes
        self.steps = 0
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
        if self.steps > STEPS_MAX:
            raise Wrong("it never comes to rest")
        self.steps += 1
        for name in (MASTER, *SLAVES):
            if Crash(self.steps, name) in self.crashes:
                self._crash(self.process(name))
        index = self.random.randrange(len(self._pending))
        name, life, act = self._pending.pop(index)
        process = self.process(name)
        if life != process.life:
            return
        self.now_ms += 1
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
