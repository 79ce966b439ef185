"""How far the measured part of a load test is: shared by who sends and who follows."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Final

_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_NUMBER: Final = re.compile(r"\d+")


class Tally:
    """Which transactions are under way, and what was refused."""

    def __init__(self, total: int, backlog_max: int) -> None:
        self.total: Final = total
        self.accepted = 0
        self.skipped = 0
        """Not sent, because an earlier one of the same sender was refused."""
        self.errors: Final[Counter[str]] = Counter()
        self.waiting: Final[dict[str, float]] = {}
        """Hashes that were sent and are in no block yet, and when they were sent."""
        self.waits_ms: Final[list[float]] = []
        """How long each that is in a block had waited when it was seen there."""
        self.committed: Final[set[str]] = set()
        self.sending_done = False
        self.last_sent = self.last_committed = 0.0
        """Seconds of time.perf_counter."""
        self._backlog_max: Final = backlog_max
        self._room: Final = asyncio.Condition()

    async def wait_for_room(self) -> None:
        """Return once fewer transactions wait for a block than the pools of the node should hold."""
        async with self._room:
            await self._room.wait_for(lambda: len(self.waiting) < self._backlog_max)

    def sent(self, transaction_hash: str, now: float) -> None:
        """A transaction is about to be sent."""
        self.waiting[transaction_hash] = now

    def took(self, now: float) -> None:
        """The node took it."""
        self.accepted += 1
        self.last_sent = now

    def refused(self, transaction_hash: str, words: str) -> None:
        """The node refused it."""
        self.waiting.pop(transaction_hash, None)
        self.errors[error_kind(words)] += 1

    async def saw_block(self, hashes: list[str], now: float) -> None:
        """A block holds these transactions, ours or not."""
        ours = self.waiting.keys() & hashes
        if ours:
            self.waits_ms.extend((now - self.waiting.pop(each)) * 1_000 for each in ours)
            self.committed.update(ours)
            self.last_committed = now
            async with self._room:
                self._room.notify_all()

    @property
    def is_done(self) -> bool:
        return self.sending_done and not self.waiting


def error_kind(words: str) -> str:
    """An error's text without its numbers, so that equal errors count together."""
    return _NUMBER.sub("N", _HEX.sub("0x…", words))[:200]
