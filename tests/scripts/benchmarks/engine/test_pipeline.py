"""Both engines do the same work: the benchmark itself insists on equal receipts and balances."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.engine.ours import Ours
from benchmarks.engine.phases import PhaseTimes
from benchmarks.engine.pipeline import compare_pipelines
from benchmarks.engine.reads import READS, compare_reads
from benchmarks.engine.scenario import Scenario, Size, make_scenario
from benchmarks.engine.stock import Stock
from benchmarks.engine.tries import compare_tries
from rich.progress import Progress

from quarkparsec.errors import InvariantBroken

SMALL = Size(accounts=READS, block=10, blocks=2)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return make_scenario(SMALL)


def test_both_engines_come_to_the_same_receipts(tmp_path: Path, scenario: Scenario) -> None:
    stock, ours = Stock(tmp_path / "stock", scenario), Ours(tmp_path / "ours", scenario)
    with Progress(disable=True) as progress:
        transfers, tokens = compare_pipelines(stock, ours, scenario, progress)
    phases = len(PhaseTimes._fields)
    assert len(transfers.rows) == len(tokens.rows) == phases + 1
    reads = compare_reads(stock, ours, scenario.recipients)
    assert all(row.ours_us > 0 for row in reads.rows)
    stock.close()
    ours.close()


def test_a_difference_between_the_engines_is_noticed(tmp_path: Path, scenario: Scenario) -> None:
    stock, ours = Stock(tmp_path / "stock", scenario), Ours(tmp_path / "ours", scenario)
    ours.run(scenario.transfers[0])  # our next block can hold none of these transactions again
    with Progress(disable=True) as progress, pytest.raises(InvariantBroken, match="succeeds"):
        compare_pipelines(stock, ours, scenario, progress)
    stock.close()
    ours.close()


def test_both_tries_come_to_the_same_root(scenario: Scenario) -> None:
    comparison = compare_tries(scenario.recipients)
    assert all(row.ratio > 0 for row in comparison.rows)
