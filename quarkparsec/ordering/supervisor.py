"""The execution supervisor: a fresh executor for every strand, and who of them may work.

Ids are handed out at once, whatever others do (R5). At most `pool` executors work at a time: those of the
lowest fingerprints that haven't ended, without a gap. So the lowest of all always works, what it waits for has
ended, and nothing can block the pool. (A pool that lets work whoever comes first stalls as soon as it is full
of transactions that wait for one outside it.) Where executors share something that has no versions, as the
journal of a shard, the pool is of one: they work in the order of their fingerprints.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from quarkparsec.ordering.executor import Executor
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
    Strand,
    Writing,
)
from quarkparsec.ordering.outcome import Program, Success, Values
from quarkparsec.types import Fingerprint

Reply = ExecutorPIDAssigned | KVSReadRequest | KVSWrite | ExecutorFinished | ExecutionSummary


class Supervisor:
    """The executors of one shard and epoch."""

    def __init__(self, program: Program, pool: int = 1, *, is_blind: bool = False) -> None:
        """`is_blind`: the program finds values where they are; the timeline has stand-ins only."""
        self._program: Final = program
        self._is_blind: Final = is_blind
        self._pool: Final = pool
        self._numbers: dict[Fingerprint, int] = {}
        """The executor of every strand that was spawned."""
        self._strands: dict[Fingerprint, Strand] = {}
        self._known: dict[Fingerprint, Values] = {}
        """What was said of those that don't work yet."""
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
                self._hear(message)
            case ExecuteTransaction():
                self._strands.update(message.executions)
            case SpawnExecutor():
                replies.append(self._spawn(message))
        self._work()
        return self._replies(replies)

    def _spawn(self, message: SpawnExecutor) -> ExecutorPIDAssigned:
        numbers = self._numbers
        for fingerprint in message.fingerprints:
            if fingerprint not in numbers:
                numbers[fingerprint] = len(numbers)
        if message.after == self._last or message.after is not None:
            self._followers.setdefault(message.after, message.fingerprints)
        while followers := self._followers.pop(self._last, ()):
            self._queue.extend(followers)
            self._last = followers[-1]
        return ExecutorPIDAssigned(tuple([(each, numbers[each]) for each in message.fingerprints]))

    def _hear(self, message: KVSRead) -> None:
        known, working = self._known, self._working
        for fingerprint, values in message.readings:
            if fingerprint in working:
                working[fingerprint].hear(values)
            elif fingerprint in known:
                known[fingerprint] = {**known[fingerprint], **values}
            else:
                known[fingerprint] = values

    def _work(self) -> None:
        """Let executors work until all that may work wait for something."""
        working = self._working
        self._begin()
        while ready := [each for each, executor in working.items() if executor.is_ready]:
            for fingerprint in ready:
                if self._run(fingerprint, working[fingerprint]):
                    del working[fingerprint]
            self._begin()

    def _begin(self) -> None:
        """Fill the pool; who needn't wait for anything ends at once."""
        queue, working, known = self._queue, self._working, self._known
        strands, run, pool = self._strands, self._run, self._pool
        while queue and len(working) < pool:
            fingerprint = queue[0]
            strand = strands.pop(fingerprint, None)
            if strand is None:
                return
            queue.popleft()
            executor = Executor(strand, self._is_blind, known.pop(fingerprint, None))
            if not (executor.is_ready and run(fingerprint, executor)):
                working[fingerprint] = executor

    def _run(self, fingerprint: Fingerprint, executor: Executor) -> bool:
        """Whether it has ended; then every marker of its strand is resolved, however it did (R15)."""
        ended = executor.run(fingerprint, self._program)
        if not isinstance(ended, Ended):
            self._requests += ended
            return False
        self._end(executor, ended)
        return True

    def _end(self, executor: Executor, ended: Ended) -> None:
        if executor.strand.label.lazy:
            self._requests += executor.releases(ended.fingerprint)
        is_aborted = set(map(type, ended.endings)) != {Success}
        self._writings.append(Writing(ended.fingerprint, executor.writes, is_aborted))
        self._ended.append(ended)

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
