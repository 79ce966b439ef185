"""The timeline: per key, who writes it and when; who may read what, and when. (Anoma's shard engine.)

A lock is one transaction's markers, recorded at once (R6). Its write markers are PENDING until its KVSWrite
arrives; then those with a value are VALUE, the others NOWRITE, for good (R10, R15). Locks arrive in any order.
Those that the write watermark covers are *opened*, in the order of their fingerprints: nothing can appear
below them any more (R18), so each key's row of writers grows at its end only, and a read can be served as
soon as its newest earlier writer that isn't NOWRITE is VALUE (R11). A read that finds it PENDING waits there.

A transaction under the whole shard's label stands in every row. It is told to begin by an empty KVSRead
when everything before it is resolved, may then ask for any key, and whoever comes after it waits for it.

Rows hold one value a write. Below the read watermark, below every read that is still to be served and every
marker that is still PENDING, only the newest VALUE stays (R21).

Where the values lie elsewhere, as in a shard, whose journal keeps the newest of each, the timeline is told
stand-ins: it never looks at one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from quarkparsec.ordering.label import Key, Keys
from quarkparsec.ordering.markers import BEFORE_ALL, Marker, Markers
from quarkparsec.ordering.messages import (
    KVSAcquireLock,
    KVSLockAcquired,
    KVSRead,
    KVSReadRequest,
    KVSWrite,
    Lock,
    ProtocolViolation,
    Reading,
    UpdateSeenAll,
    Writing,
)
from quarkparsec.ordering.outcome import Value, Values
from quarkparsec.types import Fingerprint

Reply = KVSLockAcquired | KVSRead | ProtocolViolation


_fingerprint = attrgetter("fingerprint")


class Timeline:
    """The markers of one shard, and the values of their writes."""

    def __init__(
        self, empty: Value, workers: Iterable[int] = (0,), collect_after: int = 1
    ) -> None:
        """`empty`: what a key holds that was never written.

        `collect_after`: how many transactions must be resolved before it is worth looking for garbage.
        """
        self._empty: Final = empty
        self._collect_after: Final = collect_after
        self._heard_writes: Final = dict.fromkeys(workers, BEFORE_ALL)
        self._heard_reads: Final = dict.fromkeys(self._heard_writes, BEFORE_ALL)
        self._seen = BEFORE_ALL
        """Covered by every worker's write watermark."""
        self._markers: dict[Fingerprint, Markers] = {}
        """Of every transaction that isn't done, and above the read watermark of every one."""
        self._closed: list[Markers] = []
        """Recorded, not covered by the write watermark."""
        self._rows: dict[Key, tuple[Markers, ...]] = {}
        """Per key the opened writers, in order."""
        self._grown: set[Key] = set()
        """Whose row has more than one writer."""
        self._resolved = 0
        """Transactions, since garbage was last looked for."""
        self._pending: deque[Markers] = deque()
        """Opened, in order, the first of which is unresolved."""
        self._whole: list[Markers] = []
        """Opened and unresolved writers of the whole shard, in order."""
        self._early: dict[Fingerprint, list[KVSReadRequest | Writing]] = {}
        self._readings: list[Reading] = []
        self._violations: list[ProtocolViolation] = []

    # --- the outside

    def step(self, message: Any) -> list[Reply]:
        """Act on one message."""
        acquired: list[Reply] = []
        match message:
            case KVSWrite():
                for writing in message.writings:
                    self._write(writing)
            case KVSAcquireLock():
                acquired.append(self._acquire(message))
            case UpdateSeenAll(write=True):
                self._hear_of_writes(message)
            case UpdateSeenAll():
                self._hear_of_reads(message)
            case KVSReadRequest():
                self._request(message)
        return acquired + self._replies()

    def marker(self, key: Key, fingerprint: Fingerprint) -> Marker | None:
        """The write marker of a transaction that isn't collected, if its label has one."""
        markers = self._markers.get(fingerprint)
        if markers is None or not markers.label.may_write(key):
            return None
        if markers.values is None:
            return Marker.PENDING
        return Marker.VALUE if key in markers.values else Marker.NOWRITE

    def newest(self, key: Key) -> Value:
        """The value that the last resolved write gave to a key."""
        for markers in reversed(self._rows.get(key, ())):
            if markers.values is not None and key in markers.values:
                return markers.values[key]
        return self._empty

    def version_count(self, key: Key) -> int:
        """How many writers of a key are kept."""
        return len(self._rows.get(key, ()))

    @property
    def lock_count(self) -> int:
        """How many transactions are kept."""
        return len(self._markers)

    # --- locks

    def _acquire(self, message: KVSAcquireLock) -> KVSLockAcquired:
        fingerprints = []
        for lock in message.locks:
            if lock[0] in self._markers or self._record(lock, message.worker):
                fingerprints.append(lock[0])
        return KVSLockAcquired(tuple(fingerprints))

    def _record(self, lock: Lock, worker: int) -> bool:
        """Whether a new lock may stand where it wants to (R22): a late one can only read (R23)."""
        fingerprint, label = lock
        if fingerprint <= self._heard_reads[worker]:
            return False  # repeated, and done long ago
        if label.writes and fingerprint <= self._heard_writes[worker]:
            self._violate(fingerprint, "a lock at or below its worker's watermark")
            return False
        markers = self._markers[fingerprint] = Markers(fingerprint, label)
        if fingerprint <= self._seen:
            self._open_late(markers)
        else:
            self._closed.append(markers)
        for early in self._early.pop(fingerprint, ()):
            if isinstance(early, Writing):
                self._write(early)
            else:
                self._request(early)
        return True

    def _hear_of_writes(self, message: UpdateSeenAll) -> None:
        self._heard_writes[message.worker] = max(
            self._heard_writes[message.worker], message.fingerprint
        )
        self._seen = min(self._heard_writes.values())
        covered = [each for each in self._closed if each.fingerprint <= self._seen]
        if covered:
            self._closed = [each for each in self._closed if each.fingerprint > self._seen]
        covered.sort(key=_fingerprint)
        for markers in covered:
            self._open(markers)

    def _open(self, markers: Markers) -> None:
        """Nothing can appear below it any more: serve its reads, and let it stand in its rows."""
        label = markers.label
        markers.is_open = True
        self._pending.append(markers)
        if label.is_whole:
            self._whole.append(markers)
            if markers.values is not None:
                self._resolve_whole(markers, markers.values)
            self._let_whole_begin()
            return
        self._serve_first(markers)
        for keys in filter(None, (label.will, label.may)):
            self._stand(markers, keys)

    def _stand(self, markers: Markers, keys: Keys) -> None:
        """Put a writer at the end of its rows; all keys that nobody else writes share one row."""
        rows, row = self._rows, (markers,)
        longer = {key: rows[key] + row for key in rows.keys() & keys}
        rows.update(dict.fromkeys(keys, row))
        if longer:
            rows.update(longer)
            self._grown.update(longer)

    def _open_late(self, markers: Markers) -> None:
        """What only reads may come after others were opened."""
        markers.is_open = True
        insort(self._pending, markers, key=_fingerprint)
        self._serve_first(markers)

    # --- reads

    def _request(self, message: KVSReadRequest) -> None:
        markers, key = self._markers.get(message.fingerprint), message.key
        if markers is None:
            self._hold(message.fingerprint, message)
            return
        if markers.label.is_whole:
            self._answer_whole(markers, key)
            return
        released = markers.released = markers.released or set()
        if key not in markers.label.lazy or key in released:
            return
        released.add(key)
        if message.actual:
            markers.unserved.add(key)
            if markers.is_open:
                self._serve(markers, (key,))

    def _serve_first(self, markers: Markers) -> None:
        """All that its transaction has asked for up to now, at once."""
        eager, asked = markers.label.eager, markers.unserved
        if eager or asked:
            self._serve(markers, eager | asked if asked else eager)

    def _serve(self, markers: Markers, keys: Collection[Key]) -> None:
        """Push what can be pushed (R11); wait where the rest is to come from."""
        values: dict[Key, Value] = dict.fromkeys(keys, self._empty)
        for key in keys if self._whole else self._rows.keys() & keys:
            writer = self._writer_below(key, markers.fingerprint)
            if writer is None:
                continue
            if writer.values is not None:
                values[key] = writer.values[key]
            else:
                del values[key]
                writer.has_wait(markers, key)
        if markers.unserved:
            markers.unserved = {key for key in markers.unserved if key not in values}
        if values:
            self._readings.append((markers.fingerprint, values))

    def _writer_below(self, key: Key, fingerprint: Fingerprint) -> Markers | None:
        """The newest earlier writer of a key that isn't NOWRITE."""
        newest = None
        for markers in reversed(_below(self._rows.get(key, ()), fingerprint)):
            if markers.values is None or key in markers.values:
                newest = markers
                break
        barriers = _below(self._whole, fingerprint) if self._whole else ()
        if not barriers:
            return newest
        barrier = barriers[-1]
        return barrier if newest is None or barrier.fingerprint > newest.fingerprint else newest

    # --- the whole shard

    def _let_whole_begin(self) -> None:
        """Tell the next transaction under the whole shard's label, once nothing before it is pending."""
        pending = self._pending
        while pending and pending[0].values is not None:
            pending.popleft()
        if pending and pending[0].label.is_whole and not pending[0].has_begun:
            pending[0].has_begun = True
            self._readings.append((pending[0].fingerprint, {}))

    def _answer_whole(self, markers: Markers, key: Key) -> None:
        """Everything before it is resolved: any key may be read at once."""
        if markers.values is not None:
            return
        value = self._empty
        for writer in reversed(_below(self._rows.get(key, ()), markers.fingerprint)):
            if writer.values is not None and key in writer.values:
                value = writer.values[key]
                break
        self._readings.append((markers.fingerprint, {key: value}))

    # --- writes

    def _write(self, writing: Writing) -> None:
        """Resolve all markers of a transaction, and wake who waits for them."""
        fingerprint, values = writing.fingerprint, writing.values
        markers = self._markers.get(fingerprint)
        if markers is None:
            self._hold(fingerprint, writing)
        elif markers.values is not None:
            if markers.values != values:
                self._violate(fingerprint, "another value for what is written")
        elif not (writing.aborted or values.keys() >= markers.label.will):
            self._violate(fingerprint, "no value for what will be written")
        else:
            self._resolve(markers, values)

    def _resolve(self, markers: Markers, values: Values) -> None:
        if markers.is_open and markers.label.is_whole:
            self._resolve_whole(markers, values)
        markers.values = values
        self._resolved += 1
        if markers.waiters is not None:
            waiters, markers.waiters = markers.waiters, None
            for reader, keys in waiters.values():
                self._serve(reader, keys)
        if self._whole:
            self._let_whole_begin()

    def _resolve_whole(self, markers: Markers, values: Values) -> None:
        """From a barrier for all it becomes a writer of what it wrote."""
        self._whole.remove(markers)
        for key in values:
            row = list(self._rows.get(key, ()))
            insort(row, markers, key=_fingerprint)
            self._rows[key] = tuple(row)
            self._grown.add(key)

    def _hold(self, fingerprint: Fingerprint, message: KVSReadRequest | Writing) -> None:
        """Keep what has overtaken its lock (R8), or ignore what comes after its transaction is done."""
        if fingerprint > min(self._heard_reads.values()):
            self._early.setdefault(fingerprint, []).append(message)

    # --- garbage

    def _hear_of_reads(self, message: UpdateSeenAll) -> None:
        self._heard_reads[message.worker] = max(
            self._heard_reads[message.worker], message.fingerprint
        )
        if self._resolved >= self._collect_after:
            self._resolved = 0
            self._collect()

    def _collect(self) -> None:
        """Forget what no read can reach any more (R21), and transactions that are done (R24)."""
        covered = min(self._seen, *self._heard_reads.values())
        bound = covered._replace(n=covered.n + 1)  # the least at which a read may yet come
        pins: dict[Key, Fingerprint] = {}
        done = []
        for fingerprint, markers in self._markers.items():
            if markers.is_done:
                if fingerprint <= covered:
                    done.append(fingerprint)
            elif markers.label.is_whole:
                bound = min(bound, fingerprint)
            else:
                for key in markers.pinned_keys():
                    pins[key] = min(pins.get(key, fingerprint), fingerprint)
        for fingerprint in done:
            del self._markers[fingerprint]
        for key in list(self._grown):
            self._shorten(key, self._rows[key], min(bound, pins.get(key, bound)))

    def _shorten(self, key: Key, row: tuple[Markers, ...], bound: Fingerprint) -> None:
        end = bisect_left(row, bound, key=_fingerprint)
        newest = next((i for i in range(end - 1, -1, -1) if key in (row[i].values or ())), None)
        kept = row[end:] if newest is None else (row[newest], *row[end:])
        if len(kept) < 2:
            self._grown.discard(key)
        if kept:
            self._rows[key] = kept
        else:
            del self._rows[key]

    # --- what is said

    def _violate(self, fingerprint: Fingerprint, words: str) -> None:
        self._violations.append(ProtocolViolation(fingerprint, words))

    def _replies(self) -> list[Reply]:
        replies: list[Reply] = []
        if self._readings:
            replies.append(KVSRead(tuple(self._readings)))
            self._readings = []
        if self._violations:
            replies.extend(self._violations)
            self._violations = []
        return replies


def _below(row: Sequence[Markers], fingerprint: Fingerprint) -> Sequence[Markers]:
    """What comes before a place; as a rule, all of it."""
    if not row or row[-1].fingerprint < fingerprint:
        return row
    return row[: bisect_left(row, fingerprint, key=_fingerprint)]
