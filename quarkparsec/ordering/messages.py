"""What the engines say to each other.

Names and contents are those of Anoma's specification, with two liberties: what happens together travels
together, so most messages are about several transactions; and what concerns an executor goes through its
supervisor, which knows whose turn it is.

    request   user → worker          TransactionRequest
              worker → user          TransactionAck
    order     shard → worker         SealBatch
              worker → supervisor    SpawnExecutor, ExecuteTransaction
              supervisor → worker    ExecutorPIDAssigned
              worker → timeline      KVSAcquireLock, UpdateSeenAll
              timeline → worker      KVSLockAcquired
    execute   timeline → executor    KVSRead
              executor → timeline    KVSReadRequest, KVSWrite
              executor → worker      ExecutorFinished
              executor → user        ExecutionSummary
    broken    timeline → anybody     ProtocolViolation
"""

from __future__ import annotations

from typing import Any, Union

from msgspec import Struct

from quarkparsec.ordering.label import Key, Label
from quarkparsec.ordering.outcome import Ending, Values
from quarkparsec.types import Fingerprint, Hash32
from quarkparsec.wire.acknowledgement import TransactionAck


class TransactionCandidate(Struct, frozen=True, gc=False):
    """A transaction before it has a place in the order."""

    hash: Hash32
    sender: bytes
    nonce: int
    """A sender's candidates are ordered by it."""
    label: Label
    executable: Any
    """What a program runs."""


class TransactionRequest(Struct, frozen=True):
    """Candidates, in the order of their arrival."""

    candidates: tuple[TransactionCandidate, ...]
    resubmission: Fingerprint | None = None
    """Order them again unless they have a place after this one (R3)."""


class SealBatch(Struct, frozen=True):
    """Give numbers to all that wait."""

    seed: Hash32 | None = None
    """Shuffle by it; None keeps the order of arrival."""


class SpawnExecutor(Struct, frozen=True):
    """A fresh executor is needed for each of these, which follow one another."""

    fingerprints: tuple[Fingerprint, ...]
    after: Fingerprint | None
    """The last one before them."""


class ExecutorPIDAssigned(Struct, frozen=True):
    """Who executes what. The fingerprint comes back, because answers may overtake one another."""

    executors: tuple[tuple[Fingerprint, int], ...]


class Strand(Struct, frozen=True, gc=False):
    """Transactions with consecutive numbers that one executor runs one after the other.

    It has the place of its first one, and locks for all of them: the whole shard if one of them takes it.
    What one of them reads of another needs no message. Usually it is just one.
    """

    candidates: tuple[TransactionCandidate, ...]
    label: Label
    """The join of theirs."""


Execution = tuple[Fingerprint, Strand]
"""A strand and its place."""


class ExecuteTransaction(Struct, frozen=True):
    """Run these as soon as their reads are there."""

    executions: tuple[Execution, ...]


Lock = tuple[Fingerprint, Label]
"""What one strand may touch."""


class KVSAcquireLock(Struct, frozen=True):
    """Record the markers of these transactions, each wholly (R6)."""

    worker: int
    locks: tuple[Lock, ...]


class KVSLockAcquired(Struct, frozen=True):
    """They are recorded (R7)."""

    fingerprints: tuple[Fingerprint, ...]


class UpdateSeenAll(Struct, frozen=True):
    """`worker` will say nothing new at or below `fingerprint`: about writes (R18), or reads (R20)."""

    worker: int
    fingerprint: Fingerprint
    write: bool


class KVSReadRequest(Struct, frozen=True):
    """A lazy read is wanted, or won't be (R9)."""

    fingerprint: Fingerprint
    key: Key
    actual: bool


Reading = tuple[Fingerprint, Values]
"""What one strand reads. An empty one tells a strand under the whole shard's label to begin."""


class KVSRead(Struct, frozen=True):
    """Values that will never change any more."""

    readings: tuple[Reading, ...]


class Writing(Struct, frozen=True, gc=False):
    """What one strand wrote. All other markers of its label become NOWRITE."""

    fingerprint: Fingerprint
    values: Values
    aborted: bool
    """Some of it failed, so that even what was to be written may have no value."""


class KVSWrite(Struct, frozen=True):
    """Resolve all markers of these transactions (R15)."""

    writings: tuple[Writing, ...]


class Ended(Struct, frozen=True, gc=False):
    """How one strand ended."""

    fingerprint: Fingerprint
    endings: tuple[Ending, ...]
    """Of its transactions, in their order."""
    values_read: Values


class ExecutorFinished(Struct, frozen=True):
    """To the worker: these have ended; all that they wrote is said before."""

    ended: tuple[Ended, ...]


class ExecutionSummary(Struct, frozen=True):
    """The same to the users who issued them."""

    ended: tuple[Ended, ...]


class ProtocolViolation(Struct, frozen=True):
    """Somebody broke a promise; nothing came of it."""

    fingerprint: Fingerprint
    words: str


Message = Union[
    TransactionRequest,
    TransactionAck,
    SealBatch,
    SpawnExecutor,
    ExecutorPIDAssigned,
    ExecuteTransaction,
    KVSAcquireLock,
    KVSLockAcquired,
    UpdateSeenAll,
    KVSReadRequest,
    KVSRead,
    KVSWrite,
    ExecutorFinished,
    ExecutionSummary,
    ProtocolViolation,
]
