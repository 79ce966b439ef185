"""The command line of the load test."""

from __future__ import annotations

import asyncio
import secrets
import sys
from typing import Any, Final

import click
import orjson
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.load.endpoint import CALLS_PER_BATCH, RpcError
from benchmarks.load.options import Options
from benchmarks.load.payments import TokenTransfers, Transfers
from benchmarks.load.report import LoadReport, render
from benchmarks.load.session import run_load_test
from benchmarks.load.workload import Workload
from benchmarks.signing import Wallet
from quarkparsec.codec.quantities import parse_data
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import QuarkparsecError

TRANSACTIONS_MAX: Final = 1_000_000
"""Signed in advance they take about 1 GB."""

MNEMONIC_ACCOUNTS: Final = 10
SEED_BYTES: Final = 16


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option("--url", default="http://127.0.0.1:8545", help="JSON-RPC endpoint.")
@click.option(
    "--transactions",
    type=click.IntRange(1, TRANSACTIONS_MAX),
    default=10_000,
    help="How many to send.",
)
@click.option(
    "--senders", type=click.IntRange(1, 10_000), default=200, help="Fresh accounts that send them."
)
@click.option(
    "--in-flight", type=click.IntRange(1, 1_000), default=32, help="Requests under way at a time."
)
@click.option(
    "--batch",
    type=click.IntRange(1, CALLS_PER_BATCH),
    default=1,
    help="Transactions in one request.",
)
@click.option(
    "--kind",
    type=click.Choice(["transfer", "erc20"]),
    default="transfer",
    help="Ether, or a token that is deployed for it.",
)
@click.option(
    "--cross-shard",
    type=click.IntRange(0, 100),
    default=0,
    help="Percent of them that go to another shard than their sender's.",
)
@click.option(
    "--probes",
    type=click.IntRange(0, 10_000),
    default=100,
    help="Single transactions that measure the time to a receipt, before and under the load each.",
)
@click.option(
    "--poll-ms",
    type=click.FloatRange(1, 1_000),
    default=3,
    help="Between two looks for a probe's receipt.",
)
@click.option(
    "--backlog",
    type=click.IntRange(1),
    default=4_000,
    help="Pause sending while so many wait for a block: pools are bounded.",
)
@click.option(
    "--timeout-s",
    type=click.FloatRange(1, 3_600),
    default=120,
    help="Give up on the measured part after so long.",
)
@click.option(
    "--mnemonic",
    default=TEST_MNEMONIC,
    help="Its first ten accounts pay; the usual test accounts.",
)
@click.option("--private-key", "private_keys", multiple=True, help="Pays instead; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def main(mnemonic: str, private_keys: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Send signed transactions to an Ethereum node and measure until their receipts.

    The rate that counts is committed/s: from the first transaction sent to the last receipt, everything
    checked afterwards. Exit status 0 means that every transaction was committed and succeeded.
    """
    console = Console(stderr=True)
    try:
        report = run(_options(**given), funded_wallets(mnemonic, private_keys), console)
    except (QuarkparsecError, RpcError) as error:
        console.print(f"[red]{error}[/red]")
        sys.exit(2)
    if as_json:
        click.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
    else:
        Console().print(render(report))
    sys.exit(0 if report.is_flawless else 1)


def run(options: Options, funded: list[Wallet], console: Console) -> LoadReport:
    """Run a load test on an event loop of its own, showing on `console` how far it is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with (
        Progress(*columns, console=console, transient=True) as progress,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(run_load_test(options, funded, progress))


def funded_wallets(mnemonic: str, private_keys: tuple[str, ...]) -> list[Wallet]:
    """The wallets that may pay. Raises InvalidInput."""
    keys = [parse_data(key, size=32) for key in private_keys]
    return [Wallet(key) for key in keys or derive_keys(mnemonic, MNEMONIC_ACCOUNTS)]


def workload_of(kind: str, cross_shard: int) -> Workload:
    """The ordinary load of that kind."""
    return TokenTransfers(cross_shard) if kind == "erc20" else Transfers(cross_shard)


def _options(poll_ms: float, kind: str, cross_shard: int, **given: Any) -> Options:
    seed, workload = secrets.token_bytes(SEED_BYTES), workload_of(kind, cross_shard)
    return Options(poll_s=poll_ms / 1_000, seed=seed, workload=workload, **given)
