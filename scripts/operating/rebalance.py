"""The command line of `rebalance.py`: shows who carries what, proposes moves, and does them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cluster.options import data_dir_option
from operating.admin_port import opened
from operating.burden import look
from operating.moving import do_moves, drain
from quarkparsec.errors import QuarkparsecError, Unavailable
from quarkparsec.root.balance import carried, level
from quarkparsec.root.topology import Move, Topology

MEBIBYTE = 2**20


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@data_dir_option
@click.option("--yes", is_flag=True, help="Do what is proposed without asking.")
@click.option("--remove", metavar="SLAVE", help="Move everything off a slave, and let it go.")
def main(data_dir: Path, yes: bool, remove: str | None) -> None:
    """Show what each slave of a running cluster carries, and level it by moving shards.

    A shard moves while it works; it stands still for a moment at the end. Ctrl-C stops only this script: the
    move that is under way goes on. Exit status 0: it's done, or there is nothing to do, 1: it was refused,
    2: the cluster can't be reached.
    """
    console = Console()
    try:
        asyncio.run(_rebalance(data_dir, console, is_sure=yes, leaving=remove))
    except QuarkparsecError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, Unavailable) else 1)


async def _rebalance(
    data_dir: Path, console: Console, *, is_sure: bool, leaving: str | None
) -> None:
    async with opened(data_dir) as port:
        topology, transactions, sizes = await look(port)
        console.print(_table(topology, transactions, sizes))
        if leaving is not None:
            if _is_wanted(f"move everything off {leaving}, and let it go?", is_sure=is_sure):
                await drain(port, leaving, console)
                console.print(f"{leaving} is gone")
            return
        moves = level(topology, transactions)
        if not moves:
            console.print("nothing would be gained by moving a shard")
            return
        _propose(topology, transactions, moves, console)
        if _is_wanted("do that?", is_sure=is_sure):
            await do_moves(port, moves, console)


def _table(topology: Topology, transactions: Sequence[int], sizes: Sequence[int]) -> Table:
    table = Table("slave", "shard")
    table.add_column("transactions lately", justify="right")
    table.add_column("MiB", justify="right")
    for slave in topology.slaves:
        shards = topology.shards_of(slave.name)
        total = sum(transactions[each] for each in shards), sum(sizes[each] for each in shards)
        table.add_row(slave.name, f"{len(shards)}", *_numbers(*total), style="bold")
        for shard_id in shards:
            table.add_row("", f"{shard_id}", *_numbers(transactions[shard_id], sizes[shard_id]))
    return table


def _numbers(transactions: int, size_bytes: int) -> tuple[str, str]:
    return f"{transactions:,}", f"{size_bytes / MEBIBYTE:,.1f}"


def _propose(
    topology: Topology, transactions: Sequence[int], moves: Sequence[Move], console: Console
) -> None:
    after = topology
    for move in moves:
        console.print(f"shard {move.shard_id}: {topology.holder(move.shard_id)} → {move.slave}")
        after = after.moved(move)
    then = carried(after, transactions)
    parts = (f"{name} {len(after.shards_of(name))} ({load:,})" for name, load in then.items())
    console.print(f"then the slaves have shards (transactions): {', '.join(parts)}")


def _is_wanted(question: str, *, is_sure: bool) -> bool:
    """Whether somebody says yes; where nobody can, a proposal is all there is."""
    return is_sure or (sys.stdin.isatty() and click.confirm(question))
