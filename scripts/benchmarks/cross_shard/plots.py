"""A part as a picture: throughput, and what one transaction waits, over the share that changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.cross_shard.parts import Measured, Part
from benchmarks.load.report import Latency

SIZE_INCHES: Final = (7, 4)
DOTS_PER_INCH: Final = 150


def plot(part: Part, measured: Sequence[Measured], folder: Path) -> Path:
    """Write a PNG into `folder`, which is made if need be; its path."""
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    rates, waits = figure.subplots(1, 2)
    percents = [float(step.percent or 0) for step, _ in measured]
    figure.suptitle(part.title, fontsize="medium", wrap=True)
    rates.plot(percents, [each.report.committed_per_s for each in measured], marker="o")
    rates.set_title("committed per second", fontsize="small")
    loaded = [each.report.loaded for each in measured]
    _plot_latencies(waits, percents, loaded)
    for axes in (rates, waits):
        axes.set_xlabel(f"percent {part.changing}")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part.name}.png"
    figure.savefig(path)
    return path


def _plot_latencies(
    axes: Axes, percents: Sequence[float], loaded: Sequence[Latency | None]
) -> None:
    nothing = float("nan")
    p50 = [each.p50_ms if each else nothing for each in loaded]
    p99 = [each.p99_ms if each else nothing for each in loaded]
    axes.plot(percents, p50, marker="o", label="median")
    axes.plot(percents, p99, marker="s", label="99th percentile")
    axes.set_title("to a receipt, under load, ms", fontsize="small")
    axes.legend(fontsize="small")
