"""A gateway in a process of its own, beside the one in the master's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web3 import HTTPProvider, Web3

from tests.cluster.free_port import free_port
from tests.processes.running_cluster import ROOT, START_TIMEOUT_S, STOP_TIMEOUT_S, RunningCluster


@contextmanager
def running_gateway(cluster: RunningCluster) -> Iterator[str]:
    """Its URL, once it reaches everybody. At the end it must stop by itself at SIGTERM."""
    port = free_port()
    config = str(cluster.data_dir / "cluster.json")
    command = [sys.executable, "-m", "cluster", "gateway", "--config", config, "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (cluster.data_dir / "logs" / "gateway.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_connected(Web3(HTTPProvider(url)))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_TIMEOUT_S) == 0


def wait_until_connected(w3: Web3) -> None:
    """Wait until a gateway has reached the master and every slave."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if w3.is_connected():
            view: Any = w3.provider.make_request("qp_getCluster", [])  # type: ignore[arg-type]
            if "result" in view and all(one["connected"] for one in view["result"]["slaves"]):
                return
        time.sleep(0.05)
    raise TimeoutError("the gateway didn't start")
