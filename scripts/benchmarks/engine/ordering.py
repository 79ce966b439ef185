"""What the ordering machine costs: lane 1 through its engines, and the same in a plain loop.

    runner         each transaction is executed, and its receipt made
    plain loop     each has its turn: the rules of lane 1 say whether it may be executed now, and where
    engines        each has its turn when the engines let it

All three execute the same blocks on the same state, in turn, each on a journal of its own, and must come to the
same receipts. A machine that others use, too, is slower at one time than at another: what is compared was
measured right after each other, in the processor's time, now this first and now that, and the median counts.
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
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.turns import NOTHING, Turns

ROUNDS: Final = 16
"""Of each block through all three; the first warms up and doesn't count."""

Candidates = Sequence[TransactionCandidate]


class Times(NamedTuple):
    """One block, in seconds."""

    runner: float
    plain: float
    engines: float


class Overhead(NamedTuple):
    """One kind of transaction, in microseconds of lane 1 each."""

    work: str
    runner_us: float
    plain_us: float
    engines_us: float
    percent: float
    """What the engines add to the plain loop."""

    def as_json(self) -> dict[str, Any]:
        return {
            "work": self.work,
            "runner_us": round(self.runner_us, 2),
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
    for heading in ("runner alone", "plain loop", "engines", "engines' overhead"):
        table.add_column(heading, justify="right")
    for row in rows:
        times = (row.runner_us, row.plain_us, row.engines_us)
        table.add_row(row.work, *(f"{each:,.1f}" for each in times), f"{row.percent:.1f} %")
    return table


def _measure(work: str, ours: Ours, blocks: Sequence[Block], *, runs_code: bool) -> Overhead:
    rounds: list[Times] = []
    for block in blocks:
        candidates = ours.candidates([decode_transaction(raw) for raw in block], runs_code)
        rounds += [_round(ours, candidates, number) for number in range(ROUNDS)][1:]
        ours.run(block)
    scale = 1e6 / len(blocks[0])
    runner, plain, engines = (scale * median(column) for column in zip(*rounds, strict=True))
    added = median(each.engines / each.plain for each in rounds) - 1
    return Overhead(work, runner, plain, engines, 100 * added)


def _round(ours: Ours, candidates: Candidates, number: int) -> Times:
    times, receipts = [0.0, 0.0, 0.0], []
    for turn in range(number, number + 3):
        times[turn % 3], made = _time(RUNS[turn % 3], ours, candidates)
        receipts.append(made)
    invariant(receipts[0] == receipts[1] == receipts[2], "all come to the same receipts")
    return Times(*times)


def _time(
    run: Callable[[BlockDraft, Candidates], None], ours: Ours, candidates: Candidates
) -> tuple[float, Any]:
    draft = ours.draft()
    gc.collect()
    before = time.process_time()
    run(draft, candidates)
    return time.process_time() - before, draft.receipts


def _run_alone(draft: BlockDraft, candidates: Candidates) -> None:
    for candidate in candidates:
        transaction, to_key, _ = candidate.executable
        done = execute(draft.journal, transaction, to_key, draft.context, draft.gas_left)
        if isinstance(done, Done):
            draft.include(transaction, to_key, done)


def _run_plainly(draft: BlockDraft, candidates: Candidates) -> None:
    turns = Turns(draft, ALONE, lambda: False)
    for candidate in candidates:
        turns.take(candidate, NOTHING)


def _run_engines(draft: BlockDraft, candidates: Candidates) -> None:
    run_in_shard(draft, candidates, ALONE, lambda: False)


RUNS: Final = (_run_alone, _run_plainly, _run_engines)
"""In the order of `Times`."""
