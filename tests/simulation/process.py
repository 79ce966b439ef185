"""A process of the simulated cluster: a machine, its disk, and a driver with the duties of `effects`.

Writes and jobs of one process are done one after another, each at a time of its own, so that a crash can
come between any two of them: before a write, between the write and its confirmation, in the midst of an
epoch. Messages go through the wire's encoding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from quarkparsec.effects import JobDone, Persist, Persisted, Run, Send, Tick, WakeAt
from quarkparsec.shard.states import Settling
from quarkparsec.types import Hash32
from tests.simulation.disk import Disk

if TYPE_CHECKING:
    from tests.simulation.world import World

Machine = Any
"""ShardMachine or RootMachine: start(now_ms) and step(now_ms, event)."""


class Process:
    """One process; its machine exists only while it runs."""

    def __init__(
        self, world: World, name: str, disk: Disk, boot: Callable[[Disk], Machine]
    ) -> None:
        self.name: Final = name
        self.disk: Final = disk
        self.machine: Machine | None = None
        self.paused_until_ms = 0
        """Until then it takes no events."""
        self.steps = 0
        """How often something was about to happen to its machine."""
        self.pooled: set[Hash32] = set()
        """What waited in its pool before its last step, if it was split in it."""
        self._world: Final = world
        self._boot: Final = boot
        self._life = 0
        """Counts starts: what was under way in an earlier life is void."""
        self._busy_until_ms = 0
        self._wake_ms = -1

    def start(self) -> None:
        """Come up from the disk."""
        self._life += 1
        self._busy_until_ms = self._world.now_ms
        self.machine = self._boot(self.disk)
        self._carry_out(self.machine.start(self._world.now_ms))

    def crash(self, *, power_cut: bool) -> None:
        """Lose everything in memory, and with a power cut what was not synced."""
        self._life += 1
        self.machine = None
        if power_cut:
            self.disk.cut_power(self._world.random)

    def step(self, event: Any) -> None:
        """Give an event to the machine, if there is one."""
        machine = self.machine
        if machine is None:
            return
        if isinstance(machine.state, Settling):
            self.pooled = {item.transaction.hash for item in machine.pool}
        self._carry_out(machine.step(self._world.now_ms, event))

    def do(self, act: Callable[[Machine], list[Any]]) -> None:
        """Let somebody use the machine directly, if it is there."""
        if self.machine is not None:
            self._carry_out(act(self.machine))

    def _carry_out(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._world.network.send(self, effect.message)
            elif isinstance(effect, Persist):
                self._later(partial(self._write, effect))
            elif isinstance(effect, Run):
                self._later(partial(self._run, effect))
            elif isinstance(effect, WakeAt):
                self._wake_at(effect.at_ms)
            else:
                self._world.announced(self, effect)
        self._world.stepped(self)

    def beside(self, work: Callable[[], Any]) -> int:
        """Do something after everything that is under way, and feed its result back later still.

        Nothing else waits for it. Returns when it is over.
        """
        begin_ms = max(self._busy_until_ms, self._world.now_ms) + self._world.disk_delay_ms(self)
        end_ms = begin_ms + self._world.disk_delay_ms(self)
        self._at(begin_ms, lambda: self._at(end_ms, self._feed, work()))
        return end_ms

    def _later(self, work: Callable[[], Any]) -> None:
        """The same, and what is given later waits for it."""
        self._busy_until_ms = self.beside(work)

    def _write(self, effect: Persist) -> Persisted:
        self.disk.write(effect.batch, sync=effect.sync)
        return Persisted(effect.token)

    def _run(self, effect: Run) -> JobDone:
        return JobDone(effect.job_id, effect.job(lambda: False))

    def _feed(self, event: Any) -> None:
        self._world.step(self, event)

    def _wake_at(self, at_ms: int) -> None:
        self._wake_ms = at_ms
        self._at(max(at_ms, self._world.now_ms + 1), self._wake, at_ms)

    def _wake(self, at_ms: int) -> None:
        if at_ms == self._wake_ms:
            self._world.step(self, Tick())

    def _at(self, at_ms: int, act: Callable[..., None], *arguments: Any) -> None:
        life = self._life
        self._world.at(at_ms, lambda: act(*arguments) if self._life == life else None)
