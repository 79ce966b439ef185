"""A part for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.cross_shard.parts import Measured, Part
from benchmarks.load.report import LoadReport


def render(part: Part, measured: Sequence[Measured]) -> Table:
    """One row for each load; a ratio to the first where a share is what changes."""
    table = Table(part.changing, title=part.title, title_justify="left", title_style="bold")
    headings = ["committed/s", *(["ratio"] if part.is_sweep else [])]
    for heading in (*headings, "p50 ms", "p99 ms", "longest wait ms", "not right"):
        table.add_column(heading, justify="right")
    for step, report in measured:
        first = measured[0].report.committed_per_s
        ratio = [f"{report.committed_per_s / first:.2f}" if first else ""] if part.is_sweep else []
        loaded, waits = report.loaded, report.waits
        table.add_row(
            step.label,
            f"{report.committed_per_s:,.0f}",
            *ratio,
            f"{loaded.p50_ms:,.0f}" if loaded else "",
            f"{loaded.p99_ms:,.0f}" if loaded else "",
            f"{waits.max_ms:,.0f}" if waits else "",
            f"{not_right(report):,}" if not_right(report) else "",
            style=None if report.is_flawless else "red",
        )
    return table


def not_right(report: LoadReport) -> int:
    """Transactions that weren't committed, or without success."""
    return report.transactions - report.committed + report.failed


def remarks(measured: Sequence[Measured]) -> list[str]:
    """The errors of each load, in the node's words."""
    return [
        f"{step.label}: {count:,} × {words}"
        for step, report in measured
        for words, count in report.errors.items()
    ]
