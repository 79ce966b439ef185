"""The command line of the benchmarks."""

from __future__ import annotations

import gc
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.cross_shard.command import cross_shard
from benchmarks.engine.comparison import Comparison, render
from benchmarks.engine.ordering import measure_ordering, render_ordering
from benchmarks.engine.ours import Ours
from benchmarks.engine.pipeline import compare_pipelines
from benchmarks.engine.reads import compare_reads
from benchmarks.engine.scenario import FULL, QUICK, Size, make_scenario
from benchmarks.engine.stock import Stock
from benchmarks.engine.tries import compare_tries
from benchmarks.load.command import SEED_BYTES, funded_wallets, run, workload_of
from benchmarks.load.endpoint import RpcError
from benchmarks.load.options import Options
from benchmarks.load.report import Latency, LoadReport
from benchmarks.load.workload import Workload
from benchmarks.local_cluster import running_cluster
from benchmarks.reshard.command import reshard
from benchmarks.results import json_option, print_machine, save
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC
from quarkparsec.errors import QuarkparsecError

BATCHES: Final = (1, 100)
LOAD_TRANSACTIONS: Final = 10_000
LOAD_TRANSACTIONS_QUICK: Final = 2_000

_quick = click.option("--quick", is_flag=True, help="Less of everything; the ratios wobble more.")


@click.group(invoke_without_command=True, context_settings={"show_default": True})
@_quick
@json_option
@click.pass_context
def main(context: click.Context, quick: bool, json_path: Path | None) -> None:
    """Measure the engine beside stock py-evm, or a whole cluster under load."""
    if context.invoked_subcommand is None:
        console = Console()
        print_machine(console)
        tables = run_engine(QUICK if quick else FULL, console)
        save(json_path, {"engine": [table.as_json() for table in tables]})


@main.command()
@_quick
@json_option
def ordering(quick: bool, json_path: Path | None) -> None:
    """Measure what the ordering machine adds to lane 1."""
    console = Console()
    print_machine(console)
    with TemporaryDirectory(prefix="quarkparsec-bench-") as folder:
        with console.status("signing, and writing the accounts"):
            scenario = make_scenario(QUICK if quick else FULL)
            ours = Ours(Path(folder) / "ours", scenario)
        gc.freeze()
        with console.status("lane 1, with and without the engines"):
            rows = measure_ordering(ours, scenario)
        ours.close()
    console.print(render_ordering(rows))
    save(json_path, {"ordering": [row.as_json() for row in rows]})


@main.command()
@_quick
@json_option
@click.option("--shards", type=click.IntRange(1), default=4, help="Shards of the cluster.")
@click.option("--slaves", type=click.IntRange(1), default=2, help="Processes that hold them.")
@click.option(
    "--kind", type=click.Choice(["transfer", "erc20"]), default="transfer", help="Of transaction."
)
@click.option(
    "--cross-shard", type=click.IntRange(0, 100), default=0, help="Percent to another shard."
)
def cluster(
    quick: bool, json_path: Path | None, shards: int, slaves: int, kind: str, cross_shard: int
) -> None:
    """Start a cluster on this machine, load it with transactions, stop it."""
    console = Console()
    print_machine(console)
    flags = ["--shards", str(shards), "--slaves", str(slaves)]
    transactions = LOAD_TRANSACTIONS_QUICK if quick else LOAD_TRANSACTIONS
    workload = workload_of(kind, cross_shard)
    reports = []
    try:
        for batch in BATCHES:
            with console.status("starting a cluster"), running_cluster(flags) as local:
                options = _load_options(local.url, transactions, batch, workload)
                reports.append(run(options, funded_wallets(TEST_MNEMONIC, ()), console))
    except (QuarkparsecError, RpcError) as error:
        console.print(f"[red]{error}[/red]")
        sys.exit(2)
    title = (
        f"{transactions:,} × {workload.name}, {shards} shards on {slaves} slaves; to receipt in ms"
    )
    console.print(_load_table(reports, title))
    save(json_path, {"cluster": [report.as_json() for report in reports]})
    sys.exit(0 if all(report.is_flawless for report in reports) else 1)


def run_engine(size: Size, console: Console) -> list[Comparison]:
    """Measure and print everything that needs no network."""
    with TemporaryDirectory(prefix="quarkparsec-bench-") as folder:
        with console.status("signing, and writing the accounts"):
            scenario = make_scenario(size)
            stock = Stock(Path(folder) / "stock", scenario)
            ours = Ours(Path(folder) / "ours", scenario)
        gc.freeze()  # what is set up so far is garbage of neither
        with Progress(console=console, transient=True) as progress:
            tables = compare_pipelines(stock, ours, scenario, progress)
        with console.status("tries and reads"):
            tables.append(compare_tries(scenario.recipients))
            tables.append(compare_reads(stock, ours, scenario.recipients))
        stock.close()
        ours.close()
    for table in tables:
        console.print(render(table))
    return tables


def _load_options(url: str, transactions: int, batch: int, workload: Workload) -> Options:
    return Options(
        url=url,
        transactions=transactions,
        senders=200,
        in_flight=32,
        batch=batch,
        workload=workload,
        probes=100,
        poll_s=0.003,
        backlog=4_000,
        timeout_s=120,
        seed=secrets.token_bytes(SEED_BYTES),
    )


def _load_table(reports: list[LoadReport], title: str) -> Table:
    table = Table("sent", title=title, title_justify="left", title_style="bold")
    for heading in ("accepted/s", "committed/s", "idle p50", "p99", "loaded p50", "p99"):
        table.add_column(heading, justify="right")
    for report in reports:
        how = "singly" if report.batch == 1 else f"by {report.batch}"
        table.add_row(
            how,
            f"{report.accepted_per_s:,.0f}",
            f"{report.committed_per_s:,.0f}",
            *_milliseconds(report.idle),
            *_milliseconds(report.loaded),
            style=None if report.is_flawless else "red",
        )
    return table


def _milliseconds(latency: Latency | None) -> tuple[str, str]:
    if latency is None:
        return "", ""
    return f"{latency.p50_ms:,.0f}", f"{latency.p99_ms:,.0f}"


main.add_command(cross_shard)
main.add_command(reshard)
