"""The launcher: a whole cluster on one machine, from a genesis file, watched until Ctrl-C.

It writes the cluster's configuration into the data directory, starts the master and the slaves as
processes of their own, says where everything is, and starts any of them again that dies. It takes part
in nothing: killing the launcher with its children loses nothing that was acknowledged.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any, Final

import aiohttp
import click
import orjson
from rich.console import Console

from cluster.banner import banner
from cluster.config import ClusterConfig
from cluster.layout import DataDirectory, Options
from cluster.options import data_dir_option, log_level_option, start_timeout_option
from cluster.supervisor import Child, Supervisor
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import QuarkparsecError, Unavailable

READY_POLL_S: Final = 0.05


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option(
    "--genesis",
    type=click.Path(path_type=Path),
    help="Genesis file; default: that of the data directory, or genesis/devnet.json.",
)
@click.option(
    "--shards", type=int, help="Shards at genesis, a power of two; default: the genesis file's."
)
@click.option(
    "--slaves", type=click.IntRange(1, 64), help="Slave processes; default: 2, or those there are."
)
@data_dir_option
@click.option("--rpc-port", type=click.IntRange(1, 65_535), default=8545, help="JSON-RPC port.")
@click.option(
    "--admin-port",
    type=click.IntRange(1, 65_535),
    default=8546,
    help="Admin JSON-RPC port (token).",
)
@click.option(
    "--min-epoch-ms",
    type=click.IntRange(0),
    help="Least time between two blocks; default: the genesis file's.",
)
@log_level_option
@start_timeout_option
@click.option("--clean", is_flag=True, help="Delete the data directory first.")
def main(
    data_dir: Path, clean: bool, log_level: str, start_timeout_s: float, **options: Any
) -> None:
    """Run a QuarkParsec cluster on this machine until Ctrl-C."""
    console = Console()
    try:
        directory = DataDirectory(data_dir)
        if clean:
            directory.delete()
        config, genesis = directory.prepare(Options(**options))
        asyncio.run(run(console, directory, config, genesis, log_level, start_timeout_s))
    except QuarkparsecError as error:
        console.print(f"[red]{error}[/red]")
        sys.exit(1)


async def run(
    console: Console,
    directory: DataDirectory,
    config: ClusterConfig,
    genesis: Genesis,
    log_level: str,
    start_timeout_s: float,
) -> None:
    """Start the processes, say where they are, keep them running, stop them at a signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    children = [Child("master", ("master",))]
    children += [Child(slave.name, ("slave", "--name", slave.name)) for slave in config.slaves]
    supervisor = Supervisor(console, directory, children, log_level)
    async with supervisor:
        stopped = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(_wait_until_ready(config, start_timeout_s))
        await asyncio.wait((stopped, ready), return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
        else:
            for line in banner(config, genesis, directory, ready.result()):
                console.print(line, soft_wrap=True, highlight=False, markup=False)
        await stopped
        console.print("stopping…")


async def _wait_until_ready(config: ClusterConfig, timeout_s: float) -> dict[str, Any]:
    """Ask the gateway until every slave is connected; what it says then. Raises Unavailable."""
    url = f"http://{config.gateway.host}:{config.gateway.port}"
    try:
        async with asyncio.timeout(timeout_s), aiohttp.ClientSession() as client:
            while True:
                view = await _cluster_view(client, url)
                if view is not None and all(slave["connected"] for slave in view["slaves"]):
                    return view
                await asyncio.sleep(READY_POLL_S)
    except TimeoutError as error:
        raise Unavailable("the cluster didn't start in time; see the logs") from error


async def _cluster_view(client: aiohttp.ClientSession, url: str) -> dict[str, Any] | None:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "qp_getCluster"})
    headers = {"Content-Type": "application/json"}
    try:
        async with client.post(url, data=body, headers=headers) as response:
            answer: dict[str, Any] = orjson.loads(await response.read())
    except (aiohttp.ClientError, orjson.JSONDecodeError):
        return None
    view: dict[str, Any] | None = answer.get("result")
    return view
