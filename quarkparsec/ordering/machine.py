"""The engines of one shard and epoch in one thread, and the way of their messages.

A message has one destination, told by its type. What no engine takes is for the outside: acknowledgements and
summaries. Here messages are delivered at once and in their order; the engines don't depend on that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import Any, Final

from quarkparsec.errors import invariant
from quarkparsec.ordering.messages import (
    ExecuteTransaction,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSAcquireLock,
    KVSLockAcquired,
    KVSRead,
    KVSReadRequest,
    KVSWrite,
    Message,
    ProtocolViolation,
    SealBatch,
    SpawnExecutor,
    TransactionRequest,
    UpdateSeenAll,
)
from quarkparsec.ordering.supervisor import Supervisor
from quarkparsec.ordering.timeline import Timeline
from quarkparsec.ordering.worker import Worker


class Engine(Enum):
    """Who takes messages."""

    WORKER = auto()
    SUPERVISOR = auto()
    TIMELINE = auto()


DESTINATIONS: Final[Mapping[type, Engine]] = {
    TransactionRequest: Engine.WORKER,
    SealBatch: Engine.WORKER,
    ExecutorPIDAssigned: Engine.WORKER,
    KVSLockAcquired: Engine.WORKER,
    ExecutorFinished: Engine.WORKER,
    SpawnExecutor: Engine.SUPERVISOR,
    ExecuteTransaction: Engine.SUPERVISOR,
    KVSRead: Engine.SUPERVISOR,
    KVSAcquireLock: Engine.TIMELINE,
    UpdateSeenAll: Engine.TIMELINE,
    KVSReadRequest: Engine.TIMELINE,
    KVSWrite: Engine.TIMELINE,
}


class OrderingMachine:
    """Worker, supervisor and timeline, together."""

    def __init__(self, worker: Worker, supervisor: Supervisor, timeline: Timeline) -> None:
        steps: dict[Engine, Callable[[Any], Iterable[Any]]] = {
            Engine.WORKER: worker.step,
            Engine.SUPERVISOR: supervisor.step,
            Engine.TIMELINE: timeline.step,
        }
        self._steps: Final = {kind: steps[engine] for kind, engine in DESTINATIONS.items()}

    def step(self, message: Message) -> list[Message]:
        """Give a message to its engine, and let all that follows from it happen. Returns what is said outside."""
        steps = self._steps
        inbox: deque[Any] = deque([message])
        outside: list[Message] = []
        while inbox:
            said = inbox.popleft()
            step = steps.get(type(said))
            if step is None:
                outside.append(said)
                violated = isinstance(said, ProtocolViolation)
                invariant(not violated, "the engines keep their promises", violation=said)
            else:
                inbox.extend(step(said))
        return outside
