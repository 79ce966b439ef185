"""What an operator does with a running cluster: the admin port, and the scripts."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from operating.admin_port import opened

from quarkparsec.errors import Rejected
from tests.processes.running_cluster import ROOT

PATIENCE_S: Final = 60.0


def admin(data_dir: Path, method: str, *params: Any) -> Any:
    """One call of the admin port. Raises Rejected, Unavailable."""

    async def call() -> Any:
        async with opened(data_dir) as port:
            return await port.call(method, *params)

    return asyncio.run(call())


def holders(data_dir: Path) -> list[str]:
    """The slave of each shard."""
    return [shard["slave"] for shard in admin(data_dir, "admin_status")["shards"]]


def move(data_dir: Path, shard_id: int, slave: str) -> Any:
    """Move a shard, and wait until that is over; what became of it."""
    deadline = time.monotonic() + PATIENCE_S
    while not _begins(data_dir, shard_id, slave):
        assert time.monotonic() < deadline, "a slave isn't connected"
        time.sleep(0.1)
    while True:
        last = admin(data_dir, "admin_status")["moves"][-1]
        if last["stage"] in ("done", "failed"):
            return last
        assert time.monotonic() < deadline, last
        time.sleep(0.02)


def _begins(data_dir: Path, shard_id: int, slave: str) -> bool:
    """Whether a move begins; a cluster that has just started may still be waiting for a slave."""
    try:
        admin(data_dir, "admin_moveShard", shard_id, slave)
    except Rejected as refusal:
        if "isn't connected" in str(refusal):
            return False
        raise
    return True


def script(name: str, data_dir: Path, *arguments: str) -> str:
    """Run a script to its end; what it says. Raises CalledProcessError."""
    command = [sys.executable, f"scripts/{name}.py", "--data-dir", str(data_dir), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class RunningSlave:
    """One more slave, as a person would start it; a context."""

    def __init__(self, data_dir: Path, name: str) -> None:
        self._data_dir: Final = data_dir
        self._name: Final = name
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "scripts/run_slave.py", "--data-dir", str(self._data_dir)]
        with (self._data_dir.parent / f"{self._name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--name", self._name], cwd=ROOT, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self._has_joined():
            assert time.monotonic() < deadline, f"{self._name} doesn't join"
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)

    def _has_joined(self) -> bool:
        slaves = admin(self._data_dir, "admin_status")["slaves"]
        return {"name": self._name, "connected": True} in slaves
