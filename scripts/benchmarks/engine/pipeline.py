"""Whole blocks through both engines, block by block in turn, so that a busy machine is unfair to both alike.

Both must come to the same receipts and transactions roots, gas and balances, or the numbers mean nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from statistics import median

from rich.progress import Progress

from benchmarks.engine.comparison import Comparison, Row
from benchmarks.engine.ours import Ours
from benchmarks.engine.phases import BlockResult, PhaseTimes
from benchmarks.engine.scenario import COINBASE, Block, Scenario
from benchmarks.engine.stock import Stock
from quarkparsec.errors import invariant

PHASES = (
    "decode, recover",
    "execute",
    "roots",
    "LevelDB batch",
)


def compare_pipelines(
    stock: Stock, ours: Ours, scenario: Scenario, progress: Progress
) -> list[Comparison]:
    """Transfers, then transfers of a token that is created in between."""
    accounts = f"{len(scenario.recipients):,} accounts, µs a transaction"
    size = f"{len(scenario.transfers[0]):,}"
    ether = _run(stock, ours, scenario.transfers, progress, "transfers")
    _run(stock, ours, scenario.set_up, progress, "creating a token")
    tokens = _run(stock, ours, scenario.token_transfers, progress, "token transfers")
    _check_balances(stock, ours, scenario)
    return [
        _comparison(f"blocks of {size} transfers, {accounts}", ether, len(scenario.transfers[0])),
        _comparison(
            f"blocks of {size} ERC-20 transfers, {accounts}", tokens, len(scenario.transfers[0])
        ),
    ]


def _run(
    stock: Stock, ours: Ours, blocks: Sequence[Block], progress: Progress, what: str
) -> list[tuple[PhaseTimes, PhaseTimes]]:
    times = []
    for block in progress.track(blocks, description=what):
        gc.collect()
        theirs = stock.run(block)
        gc.collect()  # else we would sweep up after the other one
        mine = ours.run(block)
        _check_equal(theirs, mine)
        times.append((theirs.times, mine.times))
    return times


def _check_equal(theirs: BlockResult, mine: BlockResult) -> None:
    invariant(mine.gas_used > 0, "every transaction of the benchmark succeeds")
    invariant(theirs[1:] == mine[1:], "both engines agree", py_evm=theirs[1:], ours=mine[1:])


def _check_balances(stock: Stock, ours: Ours, scenario: Scenario) -> None:
    for recipient in (*scenario.recipients[:50], *scenario.recipients[-50:], COINBASE):
        mine, theirs = ours.balance(recipient), stock.balance(recipient)
        invariant(mine == theirs, "both have the same balance", recipient=recipient.hex())


def _comparison(
    title: str, times: Sequence[tuple[PhaseTimes, PhaseTimes]], transactions: int
) -> Comparison:
    """Medians over the blocks; the first one, which warmed up, doesn't count."""
    measured = times[1:]
    scale = 1e6 / transactions
    rows = [
        Row(
            phase,
            median(theirs[index] for theirs, _ in measured) * scale,
            median(mine[index] for _, mine in measured) * scale,
        )
        for index, phase in enumerate(PHASES)
    ]
    stock_total = median(sum(theirs) for theirs, _ in measured) * scale
    ours_total = median(sum(mine) for _, mine in measured) * scale
    return Comparison(title, [*rows, Row("whole block", stock_total, ours_total, is_total=True)])
