"""A bounded cache of what was used lately.

Two generations, young and old. A hit in the old one moves to the young one; when the young one is full
it becomes the old one, and what was old is forgotten. An entry therefore survives at least as many
other insertions as half the bound, an eviction costs nothing, and a hit costs one look-up: strict
least-recently-used order would cost every hit two changes of a dict.

The order of forgetting depends on the order of use alone, so replays agree; nothing that is decided
may depend on what a cache still holds.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from quarkparsec.limits import SHARDS_AT_EASE

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most `entries_max` values by key, two at least. None is no value."""

    __slots__ = ("_generation_max", "_old", "_young")

    def __init__(self, entries_max: int) -> None:
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self.limit(entries_max)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def limit(self, entries_max: int) -> None:
        """Keep at most so many from now on; what is too much goes as others come."""
        self._generation_max = max(entries_max // 2, 1)

    def get(self, key: K) -> V | None:
        """The value, now the most recent one; or None."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, as the most recent one."""
        young = self._young
        young[key] = value
        if len(young) >= self._generation_max:
            self._old = young
            self._young = {}

    def pop(self, key: K) -> V | None:
        """Forget a value, and return it if it was kept."""
        young = self._young.pop(key, None)
        old = self._old.pop(key, None)
        return old if young is None else young


def share_of_room(size: int, sharers: int) -> int:
    """What one of so many shards in a process may take of something that one alone may take `size` of."""
    return size * SHARDS_AT_EASE // max(sharers, SHARDS_AT_EASE)
