"""A cluster in one thread: a master, shards, clients, a network and disks, under one seed.

Virtual time, one queue of events, one random generator: the same seed gives the same run, event for event,
whatever PYTHONHASHSEED. First *anything goes* (crashes, power cuts, lost, late, repeated and reordered
messages, one-way partitions, pauses); then everything heals and all that clients want must come true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from heapq import heappop, heappush
from random import Random
from typing import Any, Final

from quarkparsec.chain.genesis import Genesis, Shuffle
from quarkparsec.root import events as root_events
from quarkparsec.root.events import LinkDown, LinkUp
from quarkparsec.root.machine import RootMachine
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard import events as shard_events
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.states import Dividing, Sealed, Settling, Storing
from quarkparsec.types import ShardId
from tests.serializability.audit import Audit
from tests.serializability.violation import Violation, require
from tests.simulation.checker import Checker
from tests.simulation.clients import Clients
from tests.simulation.disk import Disk
from tests.simulation.faults import Faults, draw_faults
from tests.simulation.halves import Halves, small_pieces
from tests.simulation.network import Network
from tests.simulation.operator import Operator
from tests.simulation.process import Process
from tests.simulation.scenery import contents_of, genesis_of
from tests.simulation.traffic import NO_SPLITS, Splits, Traffic, draw_splits, draw_traffic

SAFETY_EVENTS: Final = 1_500
"""How long anything goes, in events."""

LIVENESS_MS: Final = 120_000
"""After healing, everything must be decided within this."""

CALM_MS: Final = 15_000
"""When all is well for so long, what went wrong before is over: nobody has a reason to be silent."""

SHUFFLES: Final[tuple[Shuffle, ...]] = ("none", "seeded")

MASTER: Final = "master"


@dataclass(frozen=True)
class Machines:
    """What runs in the processes: the real ones, or ones with a planted bug."""

    root: type[RootMachine] = RootMachine
    shard: type[ShardMachine] = ShardMachine


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    trace: str
    """A hash over every event and message."""
    events: int
    epochs: int
    acknowledged: int
    crashes: int
    virtual_ms: int


class World:
    """One run."""

    def __init__(
        self,
        seed: int,
        machines: Machines,
        faults: Faults | None = None,
        traffic: Traffic | None = None,
        crashes: Set[tuple[str, int]] = frozenset(),
        shuffle: Shuffle | None = None,
        *,
        insists: bool = True,
    ) -> None:
        """What isn't given is drawn. `crashes`: which processes die for sure, each at which of its steps.

        `shuffle`: of lane 1; not given, every other seed has one. `insists`: whether the operator asks again
        for a split that a dead master has forgotten.
        """
        self.random: Final = Random(seed)
        self.faults = faults or draw_faults(self.random)
        self.now_ms = 1_000
        self._calm_since_ms = self.now_ms
        """If the faults are calm."""
        self.events = 0
        self.crashes = 0
        self._planned_crashes: Final = crashes
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._trace: Final = blake2b(digest_size=8)
        traffic = traffic or draw_traffic(self.random, splits=draw_splits(seed))
        self.genesis: Final = genesis_of(
            traffic.shard_count,
            self.random.choice((0, 50, 500)),
            self.random.choice((0, 0, 5_000)),
            traffic.groups,
            shuffle or SHUFFLES[seed % 2],
        )
        self.network: Final = Network(self)
        self._machines: Final = machines
        self._build(traffic)
        self.clients: Final = Clients(self, traffic.wishes)
        apart = Random(f"operator {seed}")
        self.piece: Final = apart.choice((2, 5, 1_000))
        """How many entries are swept at once."""
        self._operator: Final = Operator(self, traffic.splits, apart, insists=insists)
        self._halves: Final = Halves(self)
        self._safety_events: Final = SAFETY_EVENTS * (1 + traffic.splits)

    def _build(self, traffic: Traffic) -> None:
        genesis, machines = self.genesis, self._machines
        master, contents = contents_of(traffic.shard_count, traffic.groups, genesis.shuffle)
        self.master = Process(
            self, MASTER, Disk(master), lambda disk: machines.root(genesis, disk)
        )
        self._disks: dict[ShardId, Disk] = {}
        self.shards: dict[ShardId, Process] = {}
        beginnings = {ShardId(index): store for index, store in enumerate(contents)}
        for shard_id, store in beginnings.items():
            self._put(shard_id, Disk(store))
        audit = Audit(genesis, RootStore(master).head(), beginnings, is_plain=traffic.is_plain)
        self.checker = Checker(audit, self.master.disk, self._disks)
        self._applied: dict[ShardId, tuple[Any, int]] = {}

    def _put(self, shard_id: ShardId, disk: Disk) -> Process:
        boot = partial(_boot_shard, self._machines, self.genesis, shard_id)
        process = Process(self, f"shard {shard_id}", disk, boot)
        self.shards[shard_id], self._disks[shard_id] = process, disk
        return process

    def add_shard(self, shard_id: ShardId, disk: Disk) -> None:
        """A shard was split off: it comes up as if it had been away."""
        process = self._put(shard_id, disk)
        self.at(self.now_ms + self.random.randint(0, 50), lambda: self._restart(process))

    # --- the run

    def run(self) -> Outcome:
        """Anything goes, then heal. Raises what was found."""
        with small_pieces(self.piece):
            return self._run()

    def _run(self) -> Outcome:
        for process in (self.master, *self.shards.values()):
            self.at(self.random.randint(0, 50) + self.now_ms, process.start)
        self.at(self.now_ms, self.clients.load)
        self._operator.load()
        while self.events < self._safety_events and self._queue and not self._is_done():
            self._next()
        self._heal()
        deadline_ms = self.now_ms + LIVENESS_MS
        while not self._is_done():
            if self.now_ms > deadline_ms or not self._queue:
                raise Violation(f"no liveness: {self._missing()}")
            self._next()
        self._check_end()
        return Outcome(
            self._trace.hexdigest(),
            self.events,
            len(self.checker.roots) - 1,
            len(self.checker.acknowledged),
            self.crashes,
            self.now_ms,
        )

    def at(self, at_ms: int, act: Callable[[], None]) -> None:
        """Do something at a time; what is due at the same time is done in the order of asking."""
        self._sequence += 1
        heappush(self._queue, (at_ms, self._sequence, act))

    def _next(self) -> None:
        self.now_ms, sequence, act = heappop(self._queue)
        self.note(f"{self.now_ms} {sequence}".encode())
        self.events += 1
        act()

    def note(self, what: bytes) -> None:
        """Let the trace depend on something."""
        self._trace.update(what)

    def _heal(self) -> None:
        self.faults = Faults()
        self._calm_since_ms = self.now_ms
        self.network.heal()
        for process in (self.master, *self.shards.values()):
            process.paused_until_ms = 0
            if process.machine is None:
                self._restart(process)

    # --- processes

    def step(self, process: Process, event: Any) -> None:
        """Feed an event to a process, if nothing happens to the process instead."""
        faults = self.faults
        self.note(process.name.encode() + type(event).__name__.encode())
        if process.machine is None:
            return
        process.steps += 1
        is_planned = (process.name, process.steps) in self._planned_crashes
        if is_planned or self.random.random() < faults.crash:
            self._crash(process)
            return
        if self.random.random() < faults.pause:
            process.paused_until_ms = self.now_ms + self.random.randint(1_000, 12_000)
        if process.paused_until_ms > self.now_ms:
            self.at(process.paused_until_ms, lambda: self.step(process, event))
            return
        process.step(event)

    def disk_delay_ms(self, process: Process) -> int:
        """How long a write or a job waits, or takes."""
        is_slow = process is self.shards[ShardId(0)]
        longest_ms = self.faults.slow_disk_ms_max if is_slow else self.faults.disk_ms_max
        return self.random.randint(0, longest_ms)

    def announced(self, process: Process, effect: Any) -> None:
        """Check what a machine tells the world."""
        if isinstance(effect, root_events.Announce):
            self.checker.root_announced(effect.block)
        elif isinstance(effect, shard_events.Announce):
            self.checker.shard_announced(self._shard_id(process), effect.block)
        elif isinstance(effect, root_events.Excluded):
            is_calm = self.faults.is_calm and self.now_ms - self._calm_since_ms > CALM_MS
            require(not is_calm, f"a shard that is there is left out: {effect.reason}")
        elif isinstance(effect, shard_events.Divide):
            self._halves.divide(process, effect)
        elif isinstance(effect, shard_events.HandOver):
            self._halves.hand_over(process, effect)

    def stepped(self, process: Process) -> None:
        """Check a shard whenever it has moved along the root chain, or is there again."""
        machine = process.machine
        if not isinstance(machine, ShardMachine):
            return
        if isinstance(machine.state, Storing | Sealed):
            self.checker.shard_sealed(machine.state)
        if machine.root_head.epoch == 0 or isinstance(machine.state, Dividing | Settling):
            return
        shard_id = self._shard_id(process)
        known_machine, known_epoch = self._applied.get(shard_id, (None, 0))
        if known_machine is not machine:
            self.checker.shard_came_back(shard_id, process.disk)
        if known_machine is not machine or known_epoch != machine.root_head.epoch:
            self._applied[shard_id] = machine, machine.root_head.epoch
            self.checker.shard_at(shard_id, machine)

    def _crash(self, process: Process) -> None:
        self.crashes += 1
        process.crash(power_cut=self.random.random() < self.faults.power_cut)
        away_ms = self.random.choice((1, 20, 20_000))
        self.at(self.now_ms + self.random.randint(1, away_ms), lambda: self._restart(process))
        if process is not self.master and self.faults.links_tell:
            self.master.step(LinkDown(self._shard_id(process)))

    def _restart(self, process: Process) -> None:
        if process.machine is not None:
            return
        process.start()
        self.checker.follow_roots()
        if process is not self.master and self.faults.links_tell:
            self.master.step(LinkUp(self._shard_id(process)))

    def _shard_id(self, process: Process) -> ShardId:
        return ShardId(int(process.name.removeprefix("shard ")))

    def _is_done(self) -> bool:
        """Every payment is acknowledged, the shards are split, and all are at the root chain's head."""
        if len(self.checker.acknowledged) < self.clients.wanted or not self._operator.is_done:
            return False
        last = self.checker.roots[-1]
        machines = [process.machine for process in self.shards.values()]
        return len(machines) == last.shard_count and all(
            isinstance(machine, ShardMachine)
            and machine.root_head.epoch == last.number
            and not isinstance(machine.state, Dividing | Settling)
            for machine in machines
        )

    def _missing(self) -> str:
        states = {name: type(p.machine.state).__name__ for name, p in self.named() if p.machine}
        decided = f"{len(self.checker.acknowledged)} of {self.clients.wanted} decided"
        return f"{decided}, {self.checker.roots[-1].shard_count} shards, states {states}"

    def named(self) -> list[tuple[str, Process]]:
        """All processes."""
        return [(process.name, process) for process in (self.master, *self.shards.values())]

    def _check_end(self) -> None:
        for shard_id, process in self.shards.items():
            self.checker.receipts_are_there(shard_id, process.disk)
            self.checker.nothing_is_taken_again(process.machine, self.clients.transactions)
        for sender, nonce in self.clients.nonces.items():
            require(self.checker.nonce(sender) == nonce, "an account's nonces have a gap")
        self.checker.finish()


def _boot_shard(
    machines: Machines, genesis: Genesis, shard_id: ShardId, disk: Disk
) -> ShardMachine:
    return machines.shard(genesis, shard_id, disk, open_shard(disk, genesis, shard_id))


def simulate(
    seed: int,
    machines: Machines | None = None,
    faults: Faults | None = None,
    only: Sequence[str] = (),
    splits: Splits | None = None,
    shuffle: Shuffle | None = None,
) -> Outcome:
    """Run one seed, with `only` some kinds of transactions. Raises Violation, Corrupt, InvariantBroken.

    `splits`: None draws them, unless `only` is given.
    """
    if not only and splits is None:
        return World(seed, machines or Machines(), faults, shuffle=shuffle).run()
    traffic = draw_traffic(Random(seed), only, splits or NO_SPLITS)
    return World(seed, machines or Machines(), faults, traffic, shuffle=shuffle).run()
