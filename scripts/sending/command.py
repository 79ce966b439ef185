"""The command line of `send.py`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

import aiohttp
import click
from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.probing import wait_for_receipt
from rich.console import Console
from rich.table import Table

from quarkparsec.codec.quantities import data
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import QuarkparsecError
from quarkparsec.types import ShardKey, shard_of
from sending.arguments import AddressOrRecipient, Amount, Data, Key, Target
from sending.order import Order, Ready, make_ready
from sending.private_key import VARIABLE, read_private_key

POLL_S: Final = 0.05
DEVNET_ACCOUNTS: Final = 10
WEI_PER_ETHER: Final = 10**18


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option(
    "--url", default="http://127.0.0.1:8545", help="JSON-RPC endpoint; /key/<hex8>, too."
)
@click.option(
    "--to",
    type=AddressOrRecipient(),
    help="20 bytes, or 24 with the shard key. Without it, --data creates a contract.",
)
@click.option("--value", type=Amount(), default="0", help="Wei, or with a unit: 2gwei, 1.5ether.")
@click.option("--data", "payload", type=Data(), default=b"", help="Call data, or init code.")
@click.option(
    "--from-key",
    type=Key(),
    help="Shard key that pays; the sender's home if only the other is named.",
)
@click.option("--to-key", type=Key(), help="Shard key of the target, or of what is created.")
@click.option(
    "--gas", "gas_limit", type=click.IntRange(21_000), help="Gas limit; default: estimated."
)
@click.option(
    "--timeout-s", type=click.FloatRange(0.1, 3_600), default=60, help="For the receipt."
)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Holds the private key; else {VARIABLE}, else it is asked for.",
)
@click.option(
    "--devnet-account",
    type=click.IntRange(0, DEVNET_ACCOUNTS - 1),
    help="One of the development chain's accounts, whose keys everybody has.",
)
def main(
    url: str,
    to: Target | None,
    value: int,
    payload: bytes,
    from_key: ShardKey | None,
    to_key: ShardKey | None,
    gas_limit: int | None,
    timeout_s: float,
    key_file: Path | None,
    devnet_account: int | None,
) -> None:
    """Send one transaction and wait for its receipt.

    Who names a shard key sends a native transaction, else an ordinary one is sent. Exit status: 0 it
    succeeded, 1 it is in a block and failed, 2 it was refused or has no receipt.
    """
    if to is not None and to.shard_key is not None:
        if to_key not in (None, to.shard_key):
            raise click.UsageError("--to names another shard key than --to-key")
        to_key = to.shard_key
    if to is None and not payload:
        raise click.UsageError("nothing to send: give --to, or init code as --data")
    order = Order(to, value, payload, from_key, to_key, gas_limit)
    try:
        private_key = read_private_key(key_file, devnet_account)
        ready, receipt, shard_count = asyncio.run(_send(url, order, private_key, timeout_s))
    except (QuarkparsecError, RpcError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(2)
    Console().print(_table(ready, receipt, shard_count))
    sys.exit(0 if receipt["status"] == "0x1" else 1)


async def _send(
    url: str, order: Order, private_key: bytes, timeout_s: float
) -> tuple[Ready, dict[str, Any], int]:
    """What was sent, its receipt, and how many shards there are."""
    async with aiohttp.ClientSession() as session:
        endpoint = Endpoint(session, url)
        ready = await make_ready(endpoint, order, private_key)
        await endpoint.call("eth_sendRawTransaction", data(ready.raw))
        receipt = await wait_for_receipt(endpoint, keccak(ready.raw), POLL_S, timeout_s)
        cluster = await endpoint.call("qp_getCluster")
        return ready, receipt, int(cluster["shardCount"], 16)


def _table(ready: Ready, receipt: dict[str, Any], shard_count: int) -> Table:
    gas, price = int(receipt["gasUsed"], 16), int(receipt["effectiveGasPrice"], 16)
    table = Table(box=None, show_header=False)
    table.add_row("hash", receipt["transactionHash"])
    table.add_row("status", "succeeded" if receipt["status"] == "0x1" else "failed")
    table.add_row("block", str(int(receipt["blockNumber"], 16)))
    table.add_row("gas used", f"{gas:,}, {gas * price / WEI_PER_ETHER:.9f} ether")
    table.add_row("from", _place(ready.from_key, shard_count))
    table.add_row("to", _place(ready.to_key, shard_count))
    if receipt["contractAddress"] is not None:
        table.add_row("contract", receipt["contractAddress"])
    return table


def _place(key: ShardKey, shard_count: int) -> str:
    return f"key {key:08x}, shard {shard_of(key, shard_count)} of {shard_count}"
