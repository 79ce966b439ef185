"""A row for each load, a ratio to the first, and what isn't right isn't hidden."""

from __future__ import annotations

from benchmarks.cross_shard.parts import HOT_SPOTS, SHARES
from benchmarks.cross_shard.tables import remarks, render
from rich.console import Console

from tests.scripts.benchmarks.cross_shard.results import measured, report


def test_a_sweep_is_compared_with_its_first_load() -> None:
    table = render(SHARES, measured(SHARES, report(1_000, 1.0), report(1_000, 4.0)))
    assert list(table.columns[2].cells) == ["1.00", "0.25"]
    assert list(table.columns[1].cells) == ["1,000", "250"]


def test_hot_spots_have_no_ratio_but_their_longest_wait() -> None:
    table = render(HOT_SPOTS, measured(HOT_SPOTS, report(1_000, 1.0)))
    assert "ratio" not in [column.header for column in table.columns]
    assert list(table.columns[4].cells) == ["1,234"]


def test_what_is_missing_is_counted_and_explained() -> None:
    found = measured(SHARES, report(990, 1.0, {"nonce too low": 10}))
    assert list(render(SHARES, found).columns[6].cells) == ["10"]
    assert remarks(found) == ["0 %: 10 × nonce too low"]


def test_a_load_that_committed_nothing_has_a_row_without_a_ratio() -> None:
    table = render(SHARES, measured(SHARES, report(0, 0.0), report(1_000, 1.0)))
    assert list(table.columns[2].cells) == ["", ""]
    Console(quiet=True).print(table)
