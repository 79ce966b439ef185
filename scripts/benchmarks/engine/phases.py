"""The phases of a block, timed alike for both engines."""

from __future__ import annotations

import time
from typing import NamedTuple

from quarkparsec.types import Hash32


class PhaseTimes(NamedTuple):
    """Seconds that one block took."""

    decode: float
    """Decoding, and recovering the senders."""
    execute: float
    """Running the transactions and making the receipts."""
    roots: float
    """State, transactions and receipts root, and the header."""
    write: float
    """One LevelDB batch, not synced."""


class BlockResult(NamedTuple):
    """What a block came to: the same for both engines, as Ethereum defines it."""

    times: PhaseTimes
    gas_used: int
    transactions_root: Hash32
    receipts_root: Hash32


class Stopwatch:
    """Seconds from lap to lap."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        return elapsed
