"""The execution supervisor: a fresh executor for every transaction, and who of them may work.

Ids are handed out at once, whatever others do (R5). At most `pool` executors work at a time: those of the
lowest fingerprints that haven't ended, without a gap. So the lowest of all always works, what it waits for has
ended, and nothing can block the pool. (A pool that lets work whoever comes first stalls as soon as it is full
of transactions that wait for one outside it.) Where executors share something that has no versions, as the
journal of a shard, the pool is of one: they work in the order of their fingerprints.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from quarkparsec.ordering.executor import NO_VALUES, Executor
from quarkparsec.ordering.messages import (
    Ended,
    ExecuteTransaction,
    ExecutionSummary,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSRead,
    KVSReadRequest,
    KVSWrite,
    SpawnExecutor,
    Writing,
)
from quarkparsec.ordering.outcome import Program, Success
from quarkparsec.types import Fingerprint

Reply = ExecutorPIDAssigned | KVSReadRequest | KVSWrite | ExecutorFinished | ExecutionSummary


class Supervisor:
    """The executors of one shard and epoch."""

    def __init__(self, program: Program, pool: int = 1) -> None:
        self._program: Final = program
        self._pool: Final = pool
        self._executors: dict[Fingerprint, Executor | None] = {}
        """Of every transaction that was ever spoken of; None once it has ended."""
        self._followers: dict[Fingerprint | None, tuple[Fingerprint, ...]] = {}
        """What was spawned, by what goes before it; as long as that isn't known."""
        self._last: Fingerprint | None = None
        """Up to here, what was spawned has no gap."""
        self._queue: deque[Fingerprint] = deque()
        """Of that, what hasn't begun to work."""
        self._working: dict[Fingerprint, Executor] = {}
        self._requests: list[KVSReadRequest] = []
        self._writings: list[Writing] = []
        self._ended: list[Ended] = []

    def step(self, message: Any) -> list[Reply]:
        """Act on one message."""
        replies: list[Reply] = []
        match message:
            case KVSRead():
                for fingerprint, values in message.readings:
                    executor = self._executor(fingerprint)
                    if executor is not None:
                        executor.hear(values)
            case ExecuteTransaction():
                for fingerprint, candidate in message.executions:
                    executor = self._executor(fingerprint)
                    if executor is not None:
                        executor.execute(candidate)
            case SpawnExecutor():
                replies.append(self._spawn(message))
        self._work()
        return self._replies(replies)

    def _executor(self, fingerprint: Fingerprint) -> Executor | None:
        """Who executes a transaction, from the first that is said of it; None if it has ended."""
        executors = self._executors
        if fingerprint not in executors:
            executors[fingerprint] = Executor(len(executors))
        return executors[fingerprint]

    def _spawn(self, message: SpawnExecutor) -> ExecutorPIDAssigned:
        assigned = []
        for fingerprint in message.fingerprints:
            executor = self._executor(fingerprint)
            if executor is not None:
                assigned.append((fingerprint, executor.number))
        if message.after == self._last or message.after is not None:
            self._followers.setdefault(message.after, message.fingerprints)
        while followers := self._followers.pop(self._last, ()):
            self._queue.extend(followers)
            self._last = followers[-1]
        return ExecutorPIDAssigned(tuple(assigned))

    def _work(self) -> None:
        """Let executors work until all that may work wait for something."""
        working, queue = self._working, self._queue
        is_going_on = True
        while is_going_on:
            is_going_on = False
            while queue and len(working) < self._pool:
                fingerprint = queue.popleft()
                executor = self._executor(fingerprint)
                if executor is not None:
                    working[fingerprint] = executor
            for fingerprint, executor in list(working.items()):
                if executor.is_ready:
                    self._run(fingerprint, executor)
                    is_going_on = True

    def _run(self, fingerprint: Fingerprint, executor: Executor) -> None:
        ended = executor.run(fingerprint, self._program)
        if isinstance(ended, Ended):
            self._end(executor, ended)
        else:
            self._requests += ended

    def _end(self, executor: Executor, ended: Ended) -> None:
        """Resolve every marker of a transaction, however it ended (R15)."""
        fingerprint, ending, _ = ended
        self._requests += executor.releases(fingerprint)
        if isinstance(ending, Success):
            self._writings.append(Writing(fingerprint, ending.writes, False))
        else:
            self._writings.append(Writing(fingerprint, NO_VALUES, True))
        self._ended.append(ended)
        self._executors[fingerprint] = None
        del self._working[fingerprint]

    def _replies(self, replies: list[Reply]) -> list[Reply]:
        """Writes before reports: who hears that a transaction has ended may read what it wrote."""
        if self._requests:
            replies.extend(self._requests)
            self._requests = []
        if self._writings:
            replies.append(KVSWrite(tuple(self._writings)))
            self._writings = []
        if self._ended:
            ended = tuple(self._ended)
            self._ended = []
            replies.append(ExecutorFinished(ended))
            replies.append(ExecutionSummary(ended))
        return replies
