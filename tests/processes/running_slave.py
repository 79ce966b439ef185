"""One more slave, as a person would start it beside a running cluster."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.processes.operator import Operator
from tests.processes.running_cluster import ROOT, START_TIMEOUT_S, STOP_TIMEOUT_S, RunningCluster

POLL_S: Final = 0.1


@contextmanager
def running_slave(cluster: RunningCluster, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """The process of `run_slave.py`, once its slave belongs to the cluster."""
    command = [sys.executable, "scripts/run_slave.py", "--data-dir", str(cluster.data_dir)]
    with (cluster.data_dir.parent / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([*command, "--name", name], cwd=ROOT, stdout=log, stderr=log)
    try:
        _wait_until_joined(cluster, name)
        yield process
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def _wait_until_joined(cluster: RunningCluster, name: str) -> None:
    operator = Operator(cluster)
    deadline = time.monotonic() + START_TIMEOUT_S
    while {"name": name, "connected": True} not in operator.ask("admin_status")["slaves"]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} doesn't join")
        time.sleep(POLL_S)
