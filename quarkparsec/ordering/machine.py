"""The engines of one shard and epoch in one thread, and the way of their messages.

A message has one destination, told by its type. What no engine takes is for the outside: acknowledgements and
summaries. Here messages are delivered at once and in their order; the engines don't depend on that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
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

Step = Callable[[Any], Iterable[Any]]

TO_WORKER: Final = (
    TransactionRequest,
    SealBatch,
    ExecutorPIDAssigned,
    KVSLockAcquired,
    ExecutorFinished,
)
TO_SUPERVISOR: Final = (SpawnExecutor, ExecuteTransaction, KVSRead)
TO_TIMELINE: Final = (KVSAcquireLock, UpdateSeenAll, KVSReadRequest, KVSWrite)


def destinations(worker: Worker, supervisor: Supervisor, timeline: Timeline) -> dict[type, Step]:
    """Who takes which message."""
    return {
        **dict.fromkeys(TO_WORKER, worker.step),
        **dict.fromkeys(TO_SUPERVISOR, supervisor.step),
        **dict.fromkeys(TO_TIMELINE, timeline.step),
    }


class OrderingMachine:
    """Worker, supervisor and timeline, together."""

    def __init__(self, worker: Worker, supervisor: Supervisor, timeline: Timeline) -> None:
        self._steps: Final = destinations(worker, supervisor, timeline)

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
