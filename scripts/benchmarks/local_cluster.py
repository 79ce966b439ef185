"""A real cluster on this machine for as long as a benchmark lasts, started as a person starts it."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import aiohttp

from benchmarks.load.endpoint import Endpoint, RpcError
from quarkparsec.errors import Unavailable
from quarkparsec.limits import START_TIMEOUT_MS, STOP_TIMEOUT_MS

LAUNCHER: Final = Path(__file__).parent.parent / "run_cluster.py"
HOST: Final = "127.0.0.1"
PORTS: Final = range(12_000, 30_000, 2)
"""Below the ports that the system gives out by itself."""

PORT_TRIES_MAX: Final = 100
READY_POLL_S: Final = 0.1
LOG_LINES: Final = 20
"""Of the launcher's output, when it fails."""


class LocalCluster(NamedTuple):
    """Where it is."""

    url: str
    data_dir: Path


@contextmanager
def running_cluster(
    options: Sequence[str], start_timeout_s: float = START_TIMEOUT_MS / 1_000
) -> Iterator[LocalCluster]:
    """Start a cluster with its own ports and folder. It stops at the end, whatever happens.

    Raises Unavailable if it doesn't start.
    """
    port = _free_port()
    with TemporaryDirectory(prefix="quarkparsec-bench-") as folder:
        output = Path(folder) / "launcher.log"
        data_dir = Path(folder) / "data"
        command = [sys.executable, str(LAUNCHER), "--data-dir", str(data_dir)]
        command += ["--rpc-port", str(port), "--admin-port", str(port + 1), *options]
        command += ["--start-timeout-s", str(start_timeout_s)]
        with output.open("wb") as log:
            launcher = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            url = f"http://{HOST}:{port}"
            if not asyncio.run(_wait_until_ready(url, launcher, start_timeout_s)):
                lines = output.read_text().splitlines()[-LOG_LINES:]
                raise Unavailable("the cluster didn't start:\n" + "\n".join(lines))
            yield LocalCluster(url, data_dir)
        finally:
            _stop(launcher)


async def _wait_until_ready(url: str, launcher: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Whether every shard took up its work before the launcher or our patience ended."""
    deadline = time.monotonic() + timeout_s
    async with aiohttp.ClientSession() as session:
        endpoint = Endpoint(session, url)
        while not await _is_ready(endpoint):
            if launcher.poll() is not None or time.monotonic() > deadline:
                return False
            await asyncio.sleep(READY_POLL_S)
    return True


async def _is_ready(endpoint: Endpoint) -> bool:
    try:
        cluster: dict[str, Any] = await endpoint.call("qp_getCluster")
    except (RpcError, Unavailable):
        return False
    return all(shard["available"] for shard in cluster["shards"])


def _stop(launcher: subprocess.Popen[bytes]) -> None:
    """Stop the launcher as Ctrl-C does, and it stops the rest."""
    launcher.send_signal(signal.SIGINT)
    try:
        launcher.wait(2 * STOP_TIMEOUT_MS / 1_000)
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()


def _free_port() -> int:
    """A port whose neighbour is free, too."""
    for _ in range(PORT_TRIES_MAX):
        port = random.choice(PORTS)  # noqa: S311 - any will do
        if _is_free(port) and _is_free(port + 1):
            return port
    raise Unavailable("there are no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex((HOST, port)) != 0
