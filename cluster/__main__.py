"""`python -m cluster master|slave|gateway --config cluster.json`: one process of a cluster."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import click
import uvloop

from cluster import exit_status
from cluster.exit_status import Removed
from cluster.identity import Identity, load_identity
from cluster.options import log_level_option
from quarkparsec.errors import QuarkparsecError

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

SWITCH_INTERVAL_S: Final = 0.0005
"""How long a thread that executes may keep the event loop's thread waiting; Python's default is 5 ms,
which every message would pay."""

GARBAGE_THRESHOLDS: Final = (50_000, 20, 50)
"""When Python looks for garbage in circles. Its default walks every cached account and node again and
again, and finds nothing: they are no circles."""

log = logging.getLogger("cluster")

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The cluster's configuration file.",
)


@click.group()
def main() -> None:
    """One process of a QuarkParsec cluster."""


@main.command()
@config_option
@log_level_option
def master(config: Path, log_level: str) -> None:
    """Coordinate the epochs; serve JSON-RPC unless the configuration says otherwise."""
    from cluster.master import run_master

    _run(config, log_level, run_master)


@main.command()
@config_option
@log_level_option
@click.option("--name", required=True, help="Which of the configuration's slaves this is.")
def slave(config: Path, log_level: str, name: str) -> None:
    """Hold shards and execute their transactions."""
    from cluster.slave import run_slave

    _run(config, log_level, lambda identity, stop: run_slave(identity, name, stop))


@main.command()
@config_option
@log_level_option
@click.option("--host", help="Where to listen; default: the configuration's.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the configuration's.")
def gateway(config: Path, log_level: str, host: str | None, port: int | None) -> None:
    """Serve JSON-RPC from a process of its own; start as many as you like."""
    from cluster.gateway import run_gateway

    _run(config, log_level, lambda identity, stop: run_gateway(identity, stop, host, port))


def _run(
    config: Path,
    log_level: str,
    work: Callable[[Identity, asyncio.Event], Coroutine[Any, Any, None]],
) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    logging.basicConfig(level=log_level.upper(), format=LOG_FORMAT, stream=sys.stderr)
    try:
        identity = load_identity(config)
        uvloop.run(_until_signal(identity, work))
    except Removed as removed:
        log.info("%s", removed)
        sys.exit(exit_status.LEFT)
    except QuarkparsecError as error:
        log.error("%s: %s", type(error).__name__, error)
        sys.exit(1)


async def _until_signal(
    identity: Identity, work: Callable[[Identity, asyncio.Event], Coroutine[Any, Any, None]]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await work(identity, stop)


if __name__ == "__main__":
    main()
