"""Reads of accounts beside py-evm's AccountDB, both over LevelDB and with nothing in their caches."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from benchmarks.engine.comparison import Comparison, Row
from benchmarks.engine.ours import Ours
from benchmarks.engine.stock import Stock
from quarkparsec.errors import invariant
from quarkparsec.types import Recipient

READS: Final = 2_000
ROUNDS: Final = 3


def compare_reads(stock: Stock, ours: Ours, recipients: Sequence[Recipient]) -> Comparison:
    """Balances of random accounts at the head: each asked for the first time, then again."""
    source = random.Random(READS)  # noqa: S311 - a benchmark's data
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        chosen = source.sample(recipients, READS)
        database, state = stock.accounts(), ours.reopened()
        for times in (first, again):
            theirs = _time(database.get_balance, chosen)
            mine = _time(state.account, chosen)
            times.append((theirs, mine))
        account = state.account(chosen[0])
        invariant(account is not None, "the accounts of the scenario exist")
    return Comparison(
        f"reading {READS:,} of {len(recipients):,} accounts, µs a read",
        [_row("first read", first), _row("read again", again)],
    )


def _time(read: Callable[[Recipient], object], recipients: Sequence[Recipient]) -> float:
    before = time.perf_counter()
    for recipient in recipients:
        read(recipient)
    return time.perf_counter() - before


def _row(work: str, times: Sequence[tuple[float, float]]) -> Row:
    scale = 1e6 / READS
    theirs, mine = zip(*times, strict=True)
    return Row(work, median(theirs) * scale, median(mine) * scale)
