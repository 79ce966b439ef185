"""The command line of the benchmark of splits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from benchmarks.load.command import TRANSACTIONS_MAX
from benchmarks.local_cluster import running_cluster
from benchmarks.reshard.accounts import write_genesis
from benchmarks.reshard.measuring import Doubling, Size, measure
from benchmarks.results import json_option, print_machine, save
from quarkparsec.errors import QuarkparsecError

START_TIMEOUT_S: Final = 1_200.0
"""With a million accounts in the genesis file."""

RATIO_MAX: Final = 3.0
"""What the longest gap in a split may be, in normal ones."""


@click.command("reshard", context_settings={"show_default": True})
@click.option(
    "--accounts", type=click.IntRange(0, 10_000_000), default=1_000_000, help="In the state."
)
@click.option("--shards", type=click.IntRange(1), default=4, help="At the beginning.")
@click.option("--slaves", type=click.IntRange(1), default=2, help="Processes that hold them.")
@click.option("--times", type=click.IntRange(1), default=1, help="They are doubled so often.")
@click.option(
    "--transactions",
    type=click.IntRange(1, TRANSACTIONS_MAX),
    default=200_000,
    help="Of the load: enough for all the time.",
)
@click.option(
    "--cross-shard", type=click.IntRange(0, 100), default=20, help="Percent to another shard."
)
@click.option("--backlog", type=click.IntRange(1), default=1_000, help="Waiting at a time.")
@click.option("--normal-s", type=click.FloatRange(1), default=10, help="Before each split.")
@click.option("--settle-s", type=click.FloatRange(0), default=10, help="After each sweep.")
@click.option("--timeout-s", type=click.FloatRange(1), default=1_800, help="For one sweep.")
@json_option
def reshard(
    accounts: int, shards: int, slaves: int, times: int, json_path: Path | None, **size: Any
) -> None:
    """Double the shards of a cluster under load, and measure how long root blocks are in coming.

    The normal gap is the median under the same load before the split. Exit status 0 means that the longest
    gap in a split was at most three normal ones.
    """
    console = Console()
    print_machine(console)
    try:
        doublings = _run(accounts, shards, slaves, times, Size(**size), console)
    except QuarkparsecError as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(2)
    console.print(_table(doublings, accounts))
    save(json_path, {"reshard": [each.as_json() for each in doublings]})
    sys.exit(0 if all(each.gaps.split_ratio <= RATIO_MAX for each in doublings) else 1)


def _run(
    accounts: int, shards: int, slaves: int, times: int, size: Size, console: Console
) -> list[Doubling]:
    with TemporaryDirectory(prefix="quarkparsec-bench-") as folder:
        genesis = Path(folder) / "genesis.json"
        write_genesis(genesis, accounts)
        flags = ["--genesis", str(genesis), "--shards", str(shards), "--slaves", str(slaves)]
        with (
            console.status(f"a cluster with {accounts:,} accounts"),
            running_cluster(flags, START_TIMEOUT_S) as local,
        ):
            return asyncio.run(measure(local, times, size, console))


def _table(doublings: Sequence[Doubling], accounts: int) -> Table:
    title = f"shards doubled under load, {accounts:,} accounts"
    table = Table("", title=title, title_justify="left", title_style="bold")
    for each in doublings:
        count = each.gaps.shard_count
        table.add_column(f"{count // 2} → {count}", justify="right")
    for label, format_of in _ROWS.items():
        table.add_row(label, *map(format_of, doublings))
    return table


_ROWS: Final[dict[str, Callable[[Doubling], str]]] = {
    "between two root blocks: normal, ms": lambda each: f"{each.gaps.normal_ms:,.0f}",
    "longest normal, ms": lambda each: f"{each.gaps.normal_max_ms:,.0f}",
    "longest in the split, ms": lambda each: f"{each.gaps.split_max_ms:,.0f}",
    "in normal ones": lambda each: f"{each.gaps.split_ratio:.1f}",
    "longest in the sweep, ms": lambda each: f"{each.gaps.sweep_max_ms:,.0f}",
    "in normal ones ": lambda each: f"{each.gaps.sweep_ratio:.1f}",
    "sweep, s": lambda each: f"{each.gaps.sweep_s:,.1f}",
    "sweep, blocks": lambda each: f"{each.gaps.sweep_blocks:,}",
    "committed/s meanwhile": lambda each: f"{each.gaps.transactions_per_s:,.0f}",
    "databases before, MB": lambda each: f"{each.bytes_before / 1e6:,.1f}",
    "swept, MB": lambda each: f"{each.bytes_swept / 1e6:,.1f}",
    "compacted, MB": lambda each: f"{each.bytes_settled / 1e6:,.1f}",
}
