"""The command line of `run_slave.py`: one more slave on the cluster's machine, watched until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from cluster.config import SlaveConfig
from cluster.layout import LOOPBACK, DataDirectory
from cluster.options import data_dir_option, log_level_option, start_timeout_option
from cluster.supervisor import Child, Supervisor
from operating.admin_port import AdminPort, opened
from quarkparsec.errors import QuarkparsecError, Rejected, Unavailable
from quarkparsec.jsonrpc.arguments.machine import parse_slave_name

POLL_S: Final = 0.2


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option("--name", required=True, help="What the slave is called, as slave-2.")
@data_dir_option
@click.option("--host", default=LOOPBACK, help="Where it listens for the other processes.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the next free one.")
@log_level_option
@start_timeout_option
def main(
    name: str, data_dir: Path, host: str, port: int | None, log_level: str, start_timeout_s: float
) -> None:
    """Run one more slave on this machine until Ctrl-C, and let it join the running cluster.

    It holds no shard until some move there: scripts/rebalance.py proposes which. The next start of
    run_cluster.py starts it, too. It ends by itself once it is removed.
    """
    console = Console()
    try:
        directory = DataDirectory(data_dir)
        slave = directory.add_slave(parse_slave_name(name), host, port)
        asyncio.run(_run(console, directory, slave, log_level, start_timeout_s))
    except QuarkparsecError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


async def _run(
    console: Console,
    directory: DataDirectory,
    slave: SlaveConfig,
    log_level: str,
    start_timeout_s: float,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    child = Child(slave.name, ("slave", "--name", slave.name))
    async with Supervisor(console, directory, [child], log_level) as supervisor:
        joining = asyncio.create_task(_join(console, directory, slave, start_timeout_s))
        ends = [asyncio.create_task(supervisor.over()), asyncio.create_task(stop.wait())]
        done, _ = await asyncio.wait((joining, *ends), return_when=asyncio.FIRST_COMPLETED)
        if joining in done:
            joining.result()
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (joining, *ends):
            task.cancel()


async def _is_member(port: AdminPort, name: str) -> bool:
    """Whether the cluster knows a slave, and reaches it."""
    status = await port.call("admin_status")
    return any(slave["name"] == name and slave["connected"] for slave in status["slaves"])


async def _join(
    console: Console, directory: DataDirectory, slave: SlaveConfig, timeout_s: float
) -> None:
    """Ask until the slave belongs to the cluster. Raises Rejected, Unavailable."""
    deadline = time.monotonic() + timeout_s
    async with opened(directory.path) as port:
        while True:
            try:
                if await _is_member(port, slave.name):
                    break
                await port.call("admin_addSlave", slave.name, slave.host, slave.port)
            except (Rejected, Unavailable):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL_S)
    console.print(f"{slave.name} has joined; scripts/rebalance.py proposes what to move there")
