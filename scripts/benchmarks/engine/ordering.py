"""What the ordering machine costs: lane 1 through its engines, and the runner in a plain loop.

Both execute the same blocks on the same state, in turn, each on a journal of its own, and must come to the same
receipts. The plain loop has no labels, no order but the given one, nothing that is deferred, and no second turn.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from rich.table import Table

from benchmarks.engine.ours import ALONE, Ours
from benchmarks.engine.scenario import Block, Scenario
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import invariant
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.lane_in_shard import run_in_shard

ROUNDS: Final = 5
"""Of each block through both; the first warms up and doesn't count."""


class Overhead(NamedTuple):
    """One kind of transaction, in microseconds of lane 1 each."""

    work: str
    plain_us: float
    engines_us: float

    @property
    def percent(self) -> float:
        """What the engines add."""
        return 100 * (self.engines_us / self.plain_us - 1)

    def as_json(self) -> dict[str, Any]:
        return {
            "work": self.work,
            "plain_us": round(self.plain_us, 2),
            "engines_us": round(self.engines_us, 2),
            "overhead_percent": round(self.percent, 1),
        }


def measure_ordering(ours: Ours, scenario: Scenario) -> list[Overhead]:
    """Transfers and token transfers; the blocks are committed as they are measured."""
    rows = [_measure("transfers", ours, scenario.transfers, runs_code=False)]
    for block in scenario.set_up:
        ours.run(block)
    rows.append(_measure("ERC-20 transfers", ours, scenario.token_transfers, runs_code=True))
    return rows


def render_ordering(rows: Iterable[Overhead]) -> Table:
    """The overheads for a terminal."""
    title = "lane 1 through the ordering machine, µs a transaction"
    table = Table("", title=title, title_justify="left", title_style="bold")
    for heading in ("plain loop µs", "engines µs", "overhead"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.work, f"{row.plain_us:,.1f}", f"{row.engines_us:,.1f}", f"{row.percent:.1f} %"
        )
    return table


def _measure(work: str, ours: Ours, blocks: Sequence[Block], *, runs_code: bool) -> Overhead:
    plain: list[float] = []
    engines: list[float] = []
    for block in blocks:
        candidates = ours.candidates([decode_transaction(raw) for raw in block], runs_code)
        for round_number in range(ROUNDS):
            first, left = _time(_run_plainly, ours, candidates)
            second, right = _time(_run_engines, ours, candidates)
            invariant(left == right, "both come to the same receipts")
            if round_number:
                plain.append(first)
                engines.append(second)
        ours.run(block)
    scale = 1e6 / len(blocks[0])
    return Overhead(work, median(plain) * scale, median(engines) * scale)


def _time(
    run: Callable[[BlockDraft, Sequence[Candidate]], None],
    ours: Ours,
    candidates: Sequence[Candidate],
) -> tuple[float, Any]:
    draft = ours.draft()
    gc.collect()
    before = time.perf_counter()
    run(draft, candidates)
    return time.perf_counter() - before, draft.receipts


def _run_plainly(draft: BlockDraft, candidates: Sequence[Candidate]) -> None:
    for transaction, to_key, _ in candidates:
        done = execute(draft.journal, transaction, to_key, draft.context, draft.gas_left)
        if isinstance(done, Done):
            draft.include(transaction, to_key, done)


def _run_engines(draft: BlockDraft, candidates: Sequence[Candidate]) -> None:
    run_in_shard(draft, candidates, ALONE, lambda: False)
