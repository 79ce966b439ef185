"""A disk that loses what was not synced.

Writes are seen at once by whoever reads the disk, and survive a killed process. A power cut keeps some
first part of the unsynced writes: a log-structured store recovers whole batches, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from quarkparsec.store import MemoryStore


class Disk:
    """The store of one simulated process."""

    def __init__(self, contents: MemoryStore) -> None:
        self._seen = contents.snapshot()
        self._safe = contents.snapshot()
        self._unsynced: list[dict[bytes, bytes | None]] = []

    @property
    def safe(self) -> MemoryStore:
        """What would survive a power cut now."""
        return self._safe

    def get(self, key: bytes) -> bytes | None:
        return self._seen.get(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        return self._seen.scan(start, stop)

    def snapshot(self) -> MemoryStore:
        return self._seen.snapshot()

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        self._seen.write(batch, sync=sync)
        self._unsynced.append(dict(batch))
        if sync:
            self._settle(len(self._unsynced))

    def cut_power(self, random: Random) -> None:
        """Lose some of what was not synced, the last first."""
        self._settle(random.randint(0, len(self._unsynced)))
        self._unsynced.clear()
        self._seen = self._safe.snapshot()

    def _settle(self, count: int) -> None:
        for batch in self._unsynced[:count]:
            self._safe.write(batch, sync=True)
        del self._unsynced[:count]
