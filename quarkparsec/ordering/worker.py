"""The worker: takes requests, gives places in the order, and says how far the order is known.

Requests are acknowledged with the epoch that they will be in (R2). When a batch is sealed, all that wait get
numbers, dense from 0 in the epoch (R4), and with that their places for good (R1): executors are spawned,
locks sent, and what has its executor is executed. Locks don't wait for executors, nor executors for locks.

As locks are acknowledged, the longest prefix of the order all of which is recorded grows, and with it the
write watermark (R18). As executors finish, the read watermark follows (R20).

A candidate whose label was too small gets another place behind all others, with the label that it should
have had; its fellows of the same sender, which the program sends after it, keep their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from quarkparsec.ordering.messages import (
    ExecuteTransaction,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSAcquireLock,
    KVSLockAcquired,
    SealBatch,
    SpawnExecutor,
    Stage,
    TransactionAck,
    TransactionCandidate,
    TransactionRequest,
    UpdateSeenAll,
)
from quarkparsec.ordering.outcome import Miss
from quarkparsec.ordering.shuffle import order_of
from quarkparsec.ordering.timeline import BEFORE_ALL
from quarkparsec.types import Epoch, Fingerprint, Hash32

IN_SHARD: Final = 1
"""The lane of the worker's transactions."""

Reply = TransactionAck | SpawnExecutor | ExecuteTransaction | KVSAcquireLock | UpdateSeenAll


class Worker:
    """The order of one shard in one epoch."""

    def __init__(self, number: int, epoch: Epoch, epoch_start: int) -> None:
        self._number: Final = number
        self._epoch: Final = epoch
        self._epoch_start: Final = epoch_start
        self._waiting: dict[Hash32, TransactionCandidate] = {}
        self._places: dict[Hash32, Fingerprint] = {}
        """The last one of each candidate that was ordered."""
        self._order: list[Fingerprint] = []
        self._candidates: dict[Fingerprint, TransactionCandidate] = {}
        """Those that haven't ended: a worker has to keep them so long."""
        self._missed: dict[Fingerprint, TransactionCandidate] = {}
        """Those that need another place."""
        self._recorded: Final = _Prefix(self._order)
        self._finished: Final = _Prefix(self._order)
        self._reads_covered = BEFORE_ALL

    def step(self, message: Any) -> list[Reply]:
        """Act on one message."""
        match message:
            case TransactionRequest():
                return self._take(message)
            case SealBatch():
                return self._seal(message.seed)
            case ExecutorPIDAssigned():
                return self._execute(message)
            case KVSLockAcquired():
                return self._record(message)
            case ExecutorFinished():
                return self._finish(message)
        return []

    @property
    def order(self) -> list[TransactionCandidate]:
        """Those that have places and haven't ended, in the order of these."""
        return [self._candidates[each] for each in self._order if each in self._candidates]

    def place(self, transaction_hash: Hash32) -> Fingerprint | None:
        """The last place that a candidate was given."""
        return self._places.get(transaction_hash)

    # --- requests

    def _take(self, request: TransactionRequest) -> list[Reply]:
        """Keep what is new; what is known already is answered alike, and nothing comes of it (R3)."""
        for candidate in request.candidates:
            place = self._places.get(candidate.hash)
            is_ordered = place is not None and (
                request.resubmission is None or place > request.resubmission
            )
            if not is_ordered:
                self._waiting.setdefault(candidate.hash, candidate)
        hashes = tuple([candidate.hash for candidate in request.candidates])
        return [self._acknowledge(hashes, Stage.ADMITTED)]

    def _acknowledge(self, hashes: tuple[Hash32, ...], stage: Stage) -> TransactionAck:
        return TransactionAck(hashes, self._epoch, self._epoch_start, self._number, stage)

    # --- order

    def _seal(self, seed: Hash32 | None) -> list[Reply]:
        candidates = order_of(list(self._waiting.values()), seed)
        self._waiting.clear()
        if not candidates:
            return []
        hashes = tuple([candidate.hash for candidate in candidates])
        return [self._acknowledge(hashes, Stage.SEALED), *self._order_next(candidates)]

    def _order_next(self, candidates: Sequence[TransactionCandidate]) -> list[Reply]:
        """Give the next numbers, and let everybody know."""
        order, first = self._order, len(self._order)
        after = order[-1] if order else None
        numbers = range(first, first + len(candidates))
        fingerprints = tuple([Fingerprint(self._epoch, IN_SHARD, each) for each in numbers])
        order += fingerprints
        self._places.update(zip([each.hash for each in candidates], fingerprints, strict=True))
        self._candidates.update(zip(fingerprints, candidates, strict=True))
        labels = [candidate.label for candidate in candidates]
        return [
            SpawnExecutor(fingerprints, after),
            KVSAcquireLock(self._number, tuple(zip(fingerprints, labels, strict=True))),
        ]

    def _execute(self, message: ExecutorPIDAssigned) -> list[Reply]:
        candidates = self._candidates
        executions = tuple(
            [
                (fingerprint, candidates[fingerprint])
                for fingerprint, _ in message.executors
                if fingerprint in candidates
            ]
        )
        return [ExecuteTransaction(executions)]

    # --- progress

    def _finish(self, message: ExecutorFinished) -> list[Reply]:
        """Forget what has ended; misses get new places, in the order of their old ones."""
        fingerprints = []
        for ended in message.ended:
            fingerprint, ending = ended.fingerprint, ended.ending
            candidate = self._candidates.pop(fingerprint, None)
            if candidate is not None:
                fingerprints.append(fingerprint)
                if isinstance(ending, Miss):
                    self._missed[fingerprint] = replace(candidate, label=ending.label)
        self._finished.mark(fingerprints)
        replies = self._hear_reads()
        again = [each for each in sorted(self._missed) if each <= self._finished.last]
        if again:
            replies += self._order_next([self._missed.pop(each) for each in again])
        return replies

    def _record(self, message: KVSLockAcquired) -> list[Reply]:
        if not self._recorded.mark(message.fingerprints):
            return []
        covered = UpdateSeenAll(self._number, self._recorded.last, write=True)
        return [covered, *self._hear_reads()]

    def _hear_reads(self) -> list[Reply]:
        """The read watermark may follow what has finished, but not overtake the write watermark (R20)."""
        covered = min(self._finished.last, self._recorded.last)
        if covered <= self._reads_covered:
            return []
        self._reads_covered = covered
        return [UpdateSeenAll(self._number, covered, write=False)]


class _Prefix:
    """How much of the beginning of the order is marked."""

    def __init__(self, order: list[Fingerprint]) -> None:
        self._order: Final = order
        self._length = 0
        self._beyond: set[Fingerprint] = set()
        self.last = BEFORE_ALL

    def mark(self, fingerprints: Iterable[Fingerprint]) -> bool:
        """Whether the prefix grows by these."""
        order, beyond, length = self._order, self._beyond, self._length
        beyond.update(fingerprints)
        while length < len(order) and order[length] in beyond:
            beyond.discard(order[length])
            length += 1
        has_grown = length > self._length
        if has_grown:
            self._length = length
            self.last = order[length - 1]
        return has_grown
