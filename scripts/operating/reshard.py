"""The command line of `reshard.py`: doubles the shards until there are as many as are wanted."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cluster.options import data_dir_option
from operating.admin_port import AdminPort, opened
from operating.burden import look
from operating.moving import do_moves
from quarkparsec.errors import QuarkparsecError, Rejected, Unavailable
from quarkparsec.root.balance import level
from quarkparsec.types import is_shard_count

POLL_S: Final = 0.2
PATIENCE_S: Final = 60.0
"""How long a cluster may be away, or a shard of it, before this gives up."""

SWEPT: Final = 100


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option("--shards", type=int, required=True, help="A power of two.")
@data_dir_option
def main(shards: int, data_dir: Path) -> None:
    """Double the shards of a running cluster, again and again, until there are so many.

    After each doubling every shard is swept: what it holds for its other half goes, a piece with each
    block. The cluster works as usual meanwhile; the next doubling waits for it. If there are slaves
    without shards at the end, some move there. Ctrl-C stops only this script, and it may be started again.
    Exit status 0: it's done, 1: it was refused, 2: the cluster can't be reached.
    """
    console = Console()
    try:
        asyncio.run(_reshard(shards, data_dir, console))
    except QuarkparsecError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, Unavailable) else 1)


async def _reshard(wanted: int, data_dir: Path, console: Console) -> None:
    async with opened(data_dir) as port:
        count = _count(await port.call("admin_status"))
        if not is_shard_count(wanted):
            raise Rejected(f"{wanted} is no power of two")
        if wanted < count:
            raise Rejected(f"there are {count} shards already, and there is no way back")
        columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
        with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
            await _wait_until_swept(port, progress)
            while count < wanted:
                count = _count(await port.call("admin_reshard", 2 * count))
                await _wait_until_swept(port, progress)
        console.print(f"there are {count} shards")
        await _spread(port, console)


async def _spread(port: AdminPort, console: Console) -> None:
    """Give shards to slaves that hold none. Those that hold some have twice as many now, as all others."""
    status = await _status(port)
    holders = {shard["slave"] for shard in status["shards"]}
    if all(slave["name"] in holders for slave in status["slaves"]):
        return
    burden = await look(port)
    await do_moves(port, level(burden.topology, burden.transactions), console)


async def _wait_until_swept(port: AdminPort, progress: Progress) -> None:
    """Show how far the sweep is until it is over everywhere."""
    status = await port.call("admin_status")
    task = progress.add_task(f"{_count(status)} shards, sweeping", total=SWEPT)
    while (percent := int(status["sweptPercent"], 16)) < SWEPT:
        progress.update(task, completed=percent)
        await asyncio.sleep(POLL_S)
        status = await _status(port)
    progress.update(task, completed=SWEPT, description=f"{_count(status)} shards, swept")


async def _status(port: AdminPort) -> Any:
    """What the cluster says of itself; a master that is just starting again is waited for."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await port.call("admin_status")
        except (Rejected, Unavailable):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_S)


def _count(answer: Any) -> int:
    return int(answer["shardCount"], 16)
