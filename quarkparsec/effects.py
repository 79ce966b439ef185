"""What a machine asks of the world, and the events by which the world answers.

A machine (`quarkparsec.shard.machine`, `quarkparsec.root.machine`) is stepped with one event at a time and
returns effects. Whoever drives it has four duties:

1. Persist: apply the batches of one machine IN THE ORDER GIVEN. Feed `Persisted(token)` back only AFTER the
   batch was applied and, with `sync`, after it would survive a power cut. A synced write must make every
   earlier write durable too (a log-structured store does).
2. Send: at once, in any order, at most as often as it likes: nothing is sent before what it promises is
   durable, because the machine waits for `Persisted` itself. Messages may be lost.
3. Run: call the job off the event loop, ONE AT A TIME for each machine in the order given, and feed back
   `JobDone(job_id, result)`. A job reads what it was given and changes nothing else. An exception from a
   job is fatal for the replica, like one from a step.
4. WakeAt: feed `Tick()` at that time. The last one counts; a tick too many is harmless.

What is none of these is said to the world, and means what its class says; what a shard asks of its driver
when it is split (`quarkparsec.shard.events`: Divide, HandOver) must be done in its turn after the batches given
before.

A machine whose step raised is in no state to go on: stop the replica and start it from its store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from quarkparsec.store import Batch

OutOfTime = Callable[[], bool]
"""True once a job should come to its end."""

Message = TypeVar("Message")
Announced = TypeVar("Announced")


class Send(NamedTuple, Generic[Message]):
    """Give `message` to the network: the shard it is from or for is in it."""

    message: Message


class Persist(NamedTuple):
    """Write a batch, through a power cut if `sync`."""

    batch: Batch
    sync: bool
    token: int


class Run(NamedTuple):
    """Call `job(out_of_time)` where it doesn't block; `out_of_time` turns true after `budget_ms`."""

    job_id: int
    job: Callable[[OutOfTime], Any]
    budget_ms: int


class WakeAt(NamedTuple):
    """Feed a tick at this time."""

    at_ms: int


class Persisted(NamedTuple):
    """The batch of `Persist(token)` is as durable as was asked."""

    token: int


class JobDone(NamedTuple):
    """What the job of `Run(job_id)` returned."""

    job_id: int
    result: Any


class Tick(NamedTuple):
    """Time has passed."""


class Effects(Generic[Announced]):
    """The effects of one step, as a machine gathers them. Batches and jobs are numbered from 1."""

    def __init__(self) -> None:
        self._numbers = 0
        self._gathered: list[Any] = []

    def send(self, message: Any) -> None:
        """Give a message to the network."""
        self._gathered.append(Send(message))

    def persist(self, batch: Batch, *, sync: bool) -> int:
        """Write a batch; `Persisted` will bear the number that is returned."""
        self._numbers += 1
        self._gathered.append(Persist(batch, sync, self._numbers))
        return self._numbers

    def run(self, job: Callable[[OutOfTime], Any], budget_ms: int) -> int:
        """Call a job elsewhere; `JobDone` will bear the number that is returned."""
        self._numbers += 1
        self._gathered.append(Run(self._numbers, job, budget_ms))
        return self._numbers

    def wake_at(self, at_ms: int) -> None:
        """Ask for a tick."""
        self._gathered.append(WakeAt(at_ms))

    def announce(self, what: Announced) -> None:
        """Tell the world what happened."""
        self._gathered.append(what)

    def take(self) -> list[Any]:
        """All of them, in their order; the next step begins with none."""
        taken, self._gathered = self._gathered, []
        return taken
