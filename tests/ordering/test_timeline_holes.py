"""Each hole of the published code (H1 to H13), planted in our engines, is found by the random runs.

The holes are those of Anoma's v0.2 specification, each rule replaced by the one that was published.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from quarkparsec.ordering.executor import Executor
from quarkparsec.ordering.messages import KVSAcquireLock, KVSReadRequest, UpdateSeenAll, Writing
from quarkparsec.ordering.outcome import Success
from quarkparsec.ordering.supervisor import Supervisor
from quarkparsec.ordering.timeline import Timeline
from quarkparsec.types import Fingerprint
from tests.ordering.any_order import RIGHT, Kinds, verdict

SEEDS = 150


class NoGate(Timeline):
    """H1: reads aren't gated by seen-all."""

    def _record(self, lock: Any, worker: int) -> bool:
        is_new = super()._record(lock, worker)
        while is_new and self._closed:
            self._open(self._closed.pop())
        return is_new


class LosesRequests(Timeline):
    """H2: a lazy read that can't be served at once is lost for good."""

    def _request(self, message: KVSReadRequest) -> None:
        super()._request(message)
        markers = self._markers.get(message.fingerprint)
        if markers is not None and message.key in markers.unserved:
            markers.unserved.remove(message.key)
            self._forget(markers, message.key)

    def _forget(self, reader: Any, key: bytes) -> None:
        for markers in self._markers.values():
            for waiter, keys in (markers.waiters or {}).values():
                if waiter is reader and key in keys:
                    keys.remove(key)


class SkipsPendingMays(Timeline):
    """H3: a may-write that is pending counts as none."""

    def _writer_below(self, key: bytes, fingerprint: Fingerprint) -> Any:
        writer = super()._writer_below(key, fingerprint)
        while writer is not None and writer.values is None and key in writer.label.may:
            writer = super()._writer_below(key, writer.fingerprint)
        return writer


class GatesByTheReadWatermark(Timeline):
    """H4: the bound for garbage refuses reads."""

    def step(self, message: Any) -> Any:
        if isinstance(message, UpdateSeenAll) and message.write:
            super().step(UpdateSeenAll(message.worker, message.fingerprint, write=False))
        return super().step(message)

    def _serve(self, markers: Any, keys: Any) -> None:
        if markers.fingerprint >= min(self._heard_reads.values()):
            super()._serve(markers, keys)


class OpensStrictlyBelow(Timeline):
    """H5: the newest transaction gets its reads only when another one arrives."""

    def _hear_of_writes(self, message: UpdateSeenAll) -> None:
        fingerprint = message.fingerprint
        super()._hear_of_writes(
            UpdateSeenAll(0, fingerprint._replace(n=fingerprint.n - 1), write=True)
        )


class KeepsWillsOfFailures(Timeline):
    """H6: a will-write can't become NOWRITE, so whoever failed blocks its readers for ever."""

    def _write(self, writing: Writing) -> None:
        markers = self._markers.get(writing.fingerprint)
        if not (writing.aborted and markers is not None and markers.label.will):
            super()._write(writing)


class WritesBeforeSuccess(Supervisor):
    """H7: what fails has written before."""

    def _end(self, executor: Executor, ended: Any) -> None:
        label = executor.strand.label
        super()._end(executor, ended)
        if not isinstance(ended.endings[-1], Success) and label.will:
            partial = Writing(ended.fingerprint, {min(label.will): 666}, True)
            self._writings[-1] = partial


class CollectsWhatIsPending(Timeline):
    """H8: what pending reads and writes still need is collected."""

    def _hear_of_writes(self, message: UpdateSeenAll) -> None:
        super()._hear_of_writes(message)
        for key, row in list(self._rows.items()):
            self._shorten(key, row, self._seen)

    def _resolve(self, markers: Any, values: Any) -> None:
        super()._resolve(markers, values)
        for key, row in list(self._rows.items()):
            self._shorten(key, row, self._seen)


class WorksInOrderOfArrival(Supervisor):
    """H9: the pool is full of whoever came first."""

    def _begin(self) -> None:
        arrived = [each for each in self._strands if each in self._queue]
        rest = [each for each in self._queue if each not in self._strands]
        self._queue.clear()
        self._queue.extend(arrived + rest)
        super()._begin()


class StepsOnReadsOnly(Supervisor):
    """H10: who reads nothing never begins."""

    def _run(self, fingerprint: Fingerprint, executor: Executor) -> bool:
        if executor.known is None:
            executor.asked = {b"nothing"}
            return False
        return super()._run(fingerprint, executor)


class ForgetsOnRepeatedLocks(Timeline):
    """H11: a repeated lock erases what was read and written."""

    def _acquire(self, message: KVSAcquireLock) -> Any:
        for fingerprint, label in message.locks:
            markers = self._markers.get(fingerprint)
            if markers is not None:
                markers.values = None
                markers.unserved.update(label.eager)
        return super()._acquire(message)


class AssignsWatermarks(Timeline):
    """H12: a late message moves the watermark back."""

    def _hear_of_writes(self, message: UpdateSeenAll) -> None:
        self._heard_writes[message.worker] = message.fingerprint
        self._seen = message.fingerprint
        covered = [each for each in self._closed if each.fingerprint <= self._seen]
        self._closed = [each for each in self._closed if each.fingerprint > self._seen]
        for markers in covered:
            self._open(markers)


class HasNoEmptyValue(Timeline):
    """H13: who reads a key that was never written waits for ever."""

    def _serve(self, markers: Any, keys: Any) -> None:
        if all(key in self._rows for key in keys):
            super()._serve(markers, keys)


TIMELINES = [
    NoGate,
    LosesRequests,
    SkipsPendingMays,
    GatesByTheReadWatermark,
    OpensStrictlyBelow,
    KeepsWillsOfFailures,
    CollectsWhatIsPending,
    ForgetsOnRepeatedLocks,
    AssignsWatermarks,
    HasNoEmptyValue,
]
SUPERVISORS = [WritesBeforeSuccess, StepsOnReadsOnly]


def verdicts(kinds: Kinds, pool: int | None = None) -> Counter[str]:
    """What random runs come to; an engine that breaks down is found, too."""
    found: Counter[str] = Counter()
    for seed in range(SEEDS):
        try:
            found[verdict(seed, kinds, pool)] += 1
        except (KeyError, AssertionError, IndexError, TypeError):
            found["broken"] += 1
    return found


def test_without_a_hole_nothing_is_found() -> None:
    assert verdicts(RIGHT) == {"ok": SEEDS}


@pytest.mark.parametrize("kind", TIMELINES, ids=lambda kind: str(kind.__doc__)[:3].strip(":"))
def test_a_hole_in_the_timeline_is_found(kind: type[Timeline]) -> None:
    assert verdicts(RIGHT._replace(timeline=kind))["ok"] < SEEDS


@pytest.mark.parametrize("kind", SUPERVISORS, ids=lambda kind: str(kind.__doc__)[:3])
def test_a_hole_in_the_supervisor_is_found(kind: type[Supervisor]) -> None:
    assert verdicts(RIGHT._replace(supervisor=kind))["ok"] < SEEDS


@pytest.mark.parametrize("pool", [1, 2])
def test_a_pool_in_order_of_arrival_stalls(pool: int) -> None:
    found = verdicts(RIGHT._replace(supervisor=WorksInOrderOfArrival), pool)
    assert found["stall"] > 0
    assert found.keys() <= {"ok", "stall"}
