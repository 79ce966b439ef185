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

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Final

from msgspec.structs import replace

from quarkparsec.ordering.label import join_all
from quarkparsec.ordering.markers import BEFORE_ALL
from quarkparsec.ordering.messages import (
    ExecuteTransaction,
    ExecutorFinished,
    ExecutorPIDAssigned,
    KVSAcquireLock,
    KVSLockAcquired,
    SealBatch,
    SpawnExecutor,
    Strand,
    TransactionCandidate,
    TransactionRequest,
    UpdateSeenAll,
)
from quarkparsec.ordering.outcome import Miss
from quarkparsec.ordering.shuffle import order_of
from quarkparsec.types import Epoch, Fingerprint, Hash32, Stage
from quarkparsec.wire.acknowledgement import TransactionAck

IN_SHARD: Final = 1
"""The lane of the worker's transactions."""

Candidates = tuple[TransactionCandidate, ...]

Reply = TransactionAck | SpawnExecutor | ExecuteTransaction | KVSAcquireLock | UpdateSeenAll


class Worker:
    """The order of one shard in one epoch."""

    def __init__(
        self, number: int, epoch: Epoch, epoch_start: int, strand_length: int = 1
    ) -> None:
        """`strand_length`: how many transactions share an executor, locks and messages, at most."""
        self._number: Final = number
        self._epoch: Final = epoch
        self._epoch_start: Final = epoch_start
        self._strand_length: Final = strand_length
        self._waiting: dict[Hash32, TransactionCandidate] = {}
        self._numbers: dict[Hash32, int] = {}
        """The last one of each candidate that was ordered, as far as somebody asked."""
        self._numbered: list[tuple[int, Iterable[Hash32]]] = []
        """Candidates in their order and the number of the first, since somebody asked."""
        self._count = 0
        """Of numbers that were given."""
        self._order: list[Fingerprint] = []
        """The places of all strands."""
        self._strands: dict[Fingerprint, Strand] = {}
        """Those that haven't ended: a worker has to keep them so long."""
        self._missed: dict[Fingerprint, list[TransactionCandidate]] = {}
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

    def place(self, transaction_hash: Hash32) -> Fingerprint | None:
        """The last place that a candidate was given."""
        for first, hashes in self._numbered:
            self._numbers.update(zip(hashes, count(first)))
        self._numbered.clear()
        number = self._numbers.get(transaction_hash)
        return None if number is None else self._place(number)

    def _place(self, number: int) -> Fingerprint:
        return Fingerprint(self._epoch, IN_SHARD, number)

    # --- requests

    def _take(self, request: TransactionRequest) -> list[Reply]:
        """Keep what is new; what is known already is answered alike, and nothing comes of it (R3)."""
        hashes = tuple([candidate.hash for candidate in request.candidates])
        new: Iterable[tuple[Hash32, TransactionCandidate]] = zip(
            hashes, request.candidates, strict=True
        )
        if self._count:
            new = [each for each in new if self._is_new(each[0], request.resubmission)]
        self._waiting.update(new)
        return [self._acknowledge(hashes, Stage.ADMITTED)]

    def _is_new(self, transaction_hash: Hash32, after: Fingerprint | None) -> bool:
        """Whether it has no place, or none after the one that its sender knows of."""
        place = self.place(transaction_hash)
        return place is None or (after is not None and place <= after)

    def _acknowledge(self, hashes: tuple[Hash32, ...], stage: Stage) -> TransactionAck:
        return TransactionAck(hashes, self._epoch, self._epoch_start, self._number, stage)

    # --- order

    def _seal(self, seed: Hash32 | None) -> list[Reply]:
        candidates = order_of(tuple(self._waiting.values()), seed)
        self._waiting.clear()
        if not candidates:
            return []
        hashes = tuple([candidate.hash for candidate in candidates])
        return [self._acknowledge(hashes, Stage.ORDERED), *self._order_next(candidates, hashes)]

    def _order_next(self, candidates: Candidates, hashes: Iterable[Hash32]) -> list[Reply]:
        """Give the next numbers, and let everybody know."""
        order, strands = self._order, list(self._strands_of(candidates))
        after = order[-1] if order else None
        places = []
        for strand in strands:
            places.append(self._place(self._count))
            self._count += len(strand.candidates)
        first = self._count - len(candidates)
        self._numbered.append((first, hashes))
        order += places
        self._strands.update(zip(places, strands, strict=True))
        labels = [strand.label for strand in strands]
        return [
            SpawnExecutor(tuple(places), after),
            KVSAcquireLock(self._number, tuple(zip(places, labels, strict=True))),
        ]

    def _strands_of(self, candidates: Candidates) -> Iterator[Strand]:
        """Cut an order into strands."""
        for start in range(0, len(candidates), self._strand_length):
            some = candidates[start : start + self._strand_length]
            yield Strand(some, join_all([each.label for each in some]))

    def _execute(self, message: ExecutorPIDAssigned) -> list[Reply]:
        strands = self._strands
        places = [place for place, _ in message.executors if place in strands]
        return [ExecuteTransaction(tuple([(place, strands[place]) for place in places]))]

    # --- progress

    def _finish(self, message: ExecutorFinished) -> list[Reply]:
        """Forget what has ended; misses get new places, in the order of their old ones."""
        places = []
        for ended in message.ended:
            strand = self._strands.pop(ended.fingerprint, None)
            if strand is None:
                continue
            places.append(ended.fingerprint)
            if Miss in map(type, ended.endings):
                self._missed[ended.fingerprint] = [
                    replace(candidate, label=ending.label)
                    for candidate, ending in zip(strand.candidates, ended.endings, strict=True)
                    if isinstance(ending, Miss)
                ]
        self._finished.mark(places)
        return self._hear_reads() + self._order_again()

    def _order_again(self) -> list[Reply]:
        """Give new places to those that missed, as far as all before them have finished."""
        again = [place for place in sorted(self._missed) if place <= self._finished.last]
        missed = [candidate for place in again for candidate in self._missed.pop(place)]
        return self._order_next(tuple(missed), [each.hash for each in missed]) if missed else []

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
