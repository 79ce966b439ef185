"""What a shard or the root chain asks of the disk: ordered bytes, snapshots, one atomic batch.

A batch is a dict of key → value, None meaning "delete". It is applied whole or not at all. Keys are
compared as bytes. `cluster.leveldb` is the store of a running node; `MemoryStore` is the same thing
without a disk, for the simulator and tests.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from typing import Protocol

Batch = dict[bytes, bytes | None]
"""Writes that become visible together; None deletes."""


class Reader(Protocol):
    """A consistent view of a store."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start ≤ key < stop, in ascending order of keys."""


class Store(Reader, Protocol):
    """A reader that can also be written."""

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        """Apply `batch` atomically; with `sync`, return only once it would survive a power cut."""

    def snapshot(self) -> Reader:
        """A view that later writes don't change."""


class MemoryStore:
    """A store in a dict, with its keys kept in order."""

    def __init__(self, entries: Mapping[bytes, bytes] | None = None) -> None:
        self._values: dict[bytes, bytes] = dict(entries or {})
        self._keys: list[bytes] = sorted(self._values)

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        index = bisect_left(self._keys, start)
        while index < len(self._keys) and self._keys[index] < stop:
            yield self._keys[index], self._values[self._keys[index]]
            index += 1

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        for key, value in batch.items():
            if value is None:
                self._delete(key)
            else:
                self._put(key, value)

    def snapshot(self) -> MemoryStore:
        return MemoryStore(self._values)

    def _put(self, key: bytes, value: bytes) -> None:
        if key not in self._values:
            insort(self._keys, key)
        self._values[key] = value

    def _delete(self, key: bytes) -> None:
        if self._values.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]


def prefix_stop(prefix: bytes) -> bytes:
    """The smallest key greater than every key that starts with `prefix` (not all 0xff)."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,))
