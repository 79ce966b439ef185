"""Keys and short commands for tests of locks."""

from __future__ import annotations

from quarkparsec.broker.lock_table import LockTable
from quarkparsec.broker.ticket_states import (
    Granted,
    Keys,
    Reply,
    TryLock,
)
from quarkparsec.types import RECIPIENT_BYTES, LockType, Recipient

READ, WRITE = LockType.READ, LockType.WRITE


def key_of(name: str) -> Recipient:
    """A recipient for a letter."""
    return Recipient(name.encode() * RECIPIENT_BYTES)


A, B, C = map(key_of, "ABC")


def read(*keys: Recipient) -> Keys:
    return tuple((key, READ) for key in keys)


def write(*keys: Recipient) -> Keys:
    return tuple((key, WRITE) for key in keys)


def lock(table: LockTable, ticket: int, keys: Keys, attempt: int = 1) -> tuple[Reply, ...]:
    return table.apply(TryLock(ticket, attempt, keys))


def hold(table: LockTable, ticket: int, keys: Keys, attempt: int = 1) -> None:
    """Take locks that nobody can refuse or delay."""
    assert Granted(ticket, attempt, keys) in lock(table, ticket, keys, attempt)
