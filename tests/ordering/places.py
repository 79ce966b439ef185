"""Short words for what tests of the engines say again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.label import Label
from quarkparsec.ordering.messages import (
    KVSAcquireLock,
    KVSRead,
    KVSWrite,
    TransactionCandidate,
    UpdateSeenAll,
    Writing,
)
from quarkparsec.types import Epoch, Fingerprint

EPOCH = Epoch(3)


def at(n: int) -> Fingerprint:
    """Place n of the epoch's lane 1."""
    return Fingerprint(EPOCH, 1, n)


def lock(n: int, label: Label, worker: int = 0) -> KVSAcquireLock:
    return KVSAcquireLock(worker, ((at(n), label),))


def write(n: int, *, aborted: bool = False, **values: Any) -> KVSWrite:
    """Keys are letters."""
    named = {key.encode(): value for key, value in values.items()}
    return KVSWrite((Writing(at(n), named, aborted),))


def seen(n: int, worker: int = 0) -> UpdateSeenAll:
    return UpdateSeenAll(worker, at(n), write=True)


def finished(n: int, worker: int = 0) -> UpdateSeenAll:
    return UpdateSeenAll(worker, at(n), write=False)


def readings(replies: list[Any]) -> dict[int, dict[str, Any]]:
    """What was read, by place and letter."""
    found: dict[int, dict[str, Any]] = {}
    for reply in replies:
        if isinstance(reply, KVSRead):
            for fingerprint, values in reply.readings:
                row = found.setdefault(fingerprint.n, {})
                row |= {key.decode(): value for key, value in values.items()}
    return found


def candidate(
    name: int, label: Label | None = None, executable: Any = None, sender: bytes | None = None
) -> TransactionCandidate:
    """`name` is the nonce."""
    sender = bytes([name]) if sender is None else sender
    return TransactionCandidate(keccak(bytes([name])), sender, name, label or Label(), executable)


def values(letters: Mapping[bytes, Any]) -> dict[str, Any]:
    return {key.decode(): value for key, value in letters.items()}
