"""The command line of the benchmarks across shards."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from benchmarks.cross_shard.measuring import Size, measure
from benchmarks.cross_shard.parts import PARTS, Measured, Part
from benchmarks.cross_shard.plots import plot
from benchmarks.cross_shard.tables import remarks, render
from benchmarks.load.command import TRANSACTIONS_MAX
from benchmarks.load.endpoint import CALLS_PER_BATCH, RpcError
from benchmarks.results import json_option, print_machine, save
from quarkparsec.errors import QuarkparsecError

INTERRUPTED: Final = 130
"""The usual exit status after Ctrl-C."""

Results = dict[str, list[Measured]]


@click.command("cross-shard", context_settings={"show_default": True})
@click.option(
    "--only", "names", multiple=True, type=click.Choice(list(PARTS)), help="One part; repeatable."
)
@click.option(
    "--transactions",
    type=click.IntRange(1, TRANSACTIONS_MAX),
    default=4_000,
    help="Of each load.",
)
@click.option("--senders", type=click.IntRange(1, 10_000), default=200, help="Fresh accounts.")
@click.option(
    "--batch", type=click.IntRange(1, CALLS_PER_BATCH), default=100, help="In one request."
)
@click.option("--backlog", type=click.IntRange(1), default=1_000, help="Waiting at a time.")
@click.option("--probes", type=click.IntRange(0, 10_000), default=100, help="Measure the latency.")
@click.option(
    "--timeout-s", type=click.FloatRange(1, 3_600), default=120, help="Ends a load that hangs."
)
@click.option("--shards", type=click.IntRange(2), default=4, help="Shards of the cluster.")
@click.option("--slaves", type=click.IntRange(1), default=2, help="Processes that hold them.")
@click.option(
    "--plots",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("bench-results"),
    help="Where the pictures go.",
)
@json_option
def cross_shard(names: tuple[str, ...], folder: Path, json_path: Path | None, **size: Any) -> None:
    """Measure what transactions across shards cost: by their share, in conflict, and on hot spots.

    Each part has a fresh cluster. p50 and p99 are of single transactions like the others, from sending to
    the receipt, under the load; the longest wait is that of any of the load, from sending to a block: with
    a thousand kept waiting it says whether one is overtaken for ever. Ctrl-C shows what there is so far.
    """
    console = Console()
    print_machine(console)
    results: Results = {}
    status = 0
    try:
        for name in names or PARTS:
            _measure_part(PARTS[name], Size(**size), results, console)
    except (QuarkparsecError, RpcError) as error:
        console.print(str(error), style="red", markup=False)
        status = 2
    except KeyboardInterrupt:
        status = INTERRUPTED
    for name, measured in results.items():
        _show(PARTS[name], measured, folder, console)
    everything = [each.report for measured in results.values() for each in measured]
    save(json_path, {name: _as_json(measured) for name, measured in results.items()})
    sys.exit(status or int(not all(report.is_flawless for report in everything)))


def _measure_part(part: Part, size: Size, results: Results, console: Console) -> None:
    measured = results.setdefault(part.name, [])
    for each in measure(part, size, console):
        measured.append(each)


def _show(part: Part, measured: Sequence[Measured], folder: Path, console: Console) -> None:
    if not measured:
        return
    console.print(render(part, measured))
    for words in remarks(measured):
        console.print(words, style="red", markup=False)
    if part.is_sweep:
        console.print(f"plotted in {plot(part, measured, folder)}", style="dim")


def _as_json(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    return [{"label": step.label, **report.as_json()} for step, report in measured]
