"""What was measured, side by side."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table


class Row(NamedTuple):
    """One kind of work, in microseconds per item."""

    work: str
    stock_us: float
    ours_us: float
    is_total: bool = False

    @property
    def ratio(self) -> float:
        """How many times faster we are."""
        return self.stock_us / self.ours_us

    def as_json(self) -> dict[str, Any]:
        return {
            "work": self.work,
            "stock_us": round(self.stock_us, 2),
            "ours_us": round(self.ours_us, 2),
            "ratio": round(self.ratio, 2),
        }


class Comparison(NamedTuple):
    """One table."""

    title: str
    rows: list[Row]

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "rows": [row.as_json() for row in self.rows]}


def render(comparison: Comparison) -> Table:
    """The comparison for a terminal."""
    table = Table("", title=comparison.title, title_justify="left", title_style="bold")
    for heading in ("py-evm µs", "ours µs", "py-evm/s", "ours/s", "times"):
        table.add_column(heading, justify="right")
    for row in comparison.rows:
        cells = (
            row.work,
            f"{row.stock_us:,.1f}",
            f"{row.ours_us:,.1f}",
            f"{1e6 / row.stock_us:,.0f}",
            f"{1e6 / row.ours_us:,.0f}",
            f"{row.ratio:.1f}",
        )
        table.add_row(*cells, style="bold" if row.is_total else None)
    return table


def describe_machine() -> dict[str, str]:
    """When and where this was measured."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_model(),
        "python": f"Python {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()}",
    }


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()
