"""Drives one pure machine: feeds it events, carries out its effects (see quarkparsec.effects).

A driver has one thread. Jobs and writes of its machine run there, one after another in the order that the
machine gave, so writes reach the disk in order and a job never runs beside another of the same machine.
The machine itself is only stepped on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, Protocol, TypeVar

from quarkparsec.effects import JobDone, Persist, Persisted, Run, Send, Tick, WakeAt
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.store import Store

log = logging.getLogger("driver")

Result = TypeVar("Result")


class Machine(Protocol):
    """A pure state machine."""

    def start(self, now_ms: int) -> list[Any]:
        """Come up; return effects."""

    def step(self, now_ms: int, event: Any) -> list[Any]:
        """Take an event; return effects."""


def now_ms() -> int:
    """Milliseconds since 1970: what machines call now."""
    return time.time_ns() // 1_000_000


class Driver:
    """One machine, its store, its thread, and the way to its peers."""

    def __init__(
        self,
        name: str,
        machine: Machine,
        store: Store,
        thread: Executor,
        send: Callable[[Any], None],
        announce: Callable[[Any], None],
        stepped: Callable[[], None],
    ) -> None:
        self.failed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        """Raises what stopped the machine; it must not be stepped again."""
        self._name: Final = name
        self._machine: Final = machine
        self._store: Final = store
        self._thread: Final = thread
        self._send: Final = send
        self._announce: Final = announce
        self._stepped: Final = stepped
        self._timer: asyncio.TimerHandle | None = None
        self._broken = False

    def start(self) -> None:
        """Let the machine come up."""
        self.run(lambda: self._machine.start(now_ms()))

    def step(self, event: Any) -> None:
        """Feed one event and carry out what follows; a machine that has stopped hears nothing."""
        if not self.failed.done():
            self.run(lambda: self._machine.step(now_ms(), event))

    def run(self, step: Callable[[], list[Any]]) -> None:
        """Take a step of the machine and carry out its effects. Raises Rejected and Unavailable."""
        if self.failed.done():
            raise Unavailable(f"{self._name} has stopped")
        try:
            effects = step()
        except Rejected:
            raise
        except Exception as error:  # noqa: BLE001 - a machine that raised is in no state to go on
            self._fail(error)
            return
        for effect in effects:
            self._carry_out(effect)
        self._stepped()

    def do(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Do some work in the machine's thread, in its turn, and then something on the event loop.

        Work that fails stops the machine.
        """
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, self._unless_broken, work)
        done.add_done_callback(lambda future: self._done(future, then))

    def stop(self) -> None:
        """Step no more."""
        if not self.failed.done():
            self.failed.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _carry_out(self, effect: Any) -> None:
        if isinstance(effect, Send):
            self._send(effect.message)
        elif isinstance(effect, Run):
            self.do(lambda: self._run(effect), self.step)
        elif isinstance(effect, Persist):
            self.do(lambda: self._persist(effect), self.step)
        elif isinstance(effect, WakeAt):
            self._wake_at(effect.at_ms)
        else:
            self._announce(effect)

    def _run(self, effect: Run) -> JobDone:
        end = time.monotonic() + effect.budget_ms / 1000
        return JobDone(effect.job_id, effect.job(lambda: time.monotonic() > end))

    def _persist(self, effect: Persist) -> Persisted:
        self._store.write(effect.batch, sync=effect.sync)
        return Persisted(effect.token)

    def _unless_broken(self, work: Callable[[], Result]) -> Result:
        """Do `work`, but nothing any more after some failed: a write left out must not be passed over."""
        if self._broken:
            raise Unavailable(f"{self._name} has stopped")
        try:
            return work()
        except BaseException:
            self._broken = True
            raise

    def _done(self, future: asyncio.Future[Result], then: Callable[[Result], None]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self._fail(error)
        else:
            then(future.result())

    def _wake_at(self, at_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay_s = max(0, at_ms - now_ms()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._wake, at_ms)

    def _wake(self, at_ms: int) -> None:
        if now_ms() < at_ms:  # timers may fire a little early, and the machine asks only once
            self._wake_at(at_ms)
        else:
            self.step(Tick())

    def _fail(self, error: BaseException) -> None:
        if self.failed.done():  # what was under way then fails, too
            return
        log.critical("%s stops", self._name, exc_info=error)
        self.failed.set_exception(error)
        self.failed.exception()  # whoever waits for it sees it; nobody has to
