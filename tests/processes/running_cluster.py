"""Starts the launcher as a person would, on free ports and a folder of its own, and stops it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from web3 import HTTPProvider, Web3

from cluster.layout import BUS_PORT_OFFSET

ROOT: Final = Path(__file__).parent.parent.parent
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0


class RunningCluster:
    """One cluster, as a context; `start` and `stop` may be used again within it."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        self.data_dir: Final = data_dir
        self.port: Final = _free_port()
        self.admin_port: Final = self.port + 1
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self._flags: Final = flags
        self._launcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill_everything()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the launcher; return once JSON-RPC answers and every slave is connected."""
        command = [sys.executable, "scripts/run_cluster.py", "--data-dir", str(self.data_dir)]
        command += ["--rpc-port", str(self.port), "--admin-port", str(self.admin_port)]
        with (self.data_dir.parent / "launcher.log").open("ab") as log:
            self._launcher = subprocess.Popen(
                [*command, *self._flags], cwd=ROOT, stdout=log, stderr=log
            )
        self.wait_until_ready()

    def stop(self) -> None:
        """Stop everything as Ctrl-C does."""
        if self._launcher is not None:
            self._launcher.send_signal(signal.SIGINT)
            self._launcher.wait(STOP_TIMEOUT_S)
            self._launcher = None

    def kill_everything(self) -> None:
        """kill -9 the launcher and every process of the cluster."""
        if self._launcher is not None:
            self._launcher.kill()
            self._launcher.wait()
            self._launcher = None
        for name in self.names():
            self.kill(name)

    def names(self) -> list[str]:
        """The processes of the cluster."""
        return sorted(path.stem for path in (self.data_dir / "run").glob("*.pid"))

    def pid(self, name: str) -> int:
        return int((self.data_dir / "run" / f"{name}.pid").read_text() or 0)

    def kill(self, name: str) -> None:
        """kill -9 one process; return once the launcher, if it lives, has started it again."""
        pid = self.pid(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._launcher is not None and self.pid(name) == pid:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} was not started again")
            time.sleep(0.02)

    def web3(self) -> Web3:
        """A wallet library at the cluster's URL."""
        return Web3(HTTPProvider(self.url))

    def rpc(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call; its result. Raises RuntimeError for an error."""
        answer = self.web3().provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        return answer["result"]

    def wait_until_ready(self) -> None:
        """Wait for JSON-RPC and for every slave."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._launcher is not None and self._launcher.poll() is not None:
                raise RuntimeError((self.data_dir.parent / "launcher.log").read_text())
            if self._is_ready():
                return
            time.sleep(0.05)
        raise TimeoutError("the cluster didn't start")

    def _is_ready(self) -> bool:
        try:
            view = self.rpc("qp_getCluster")
        except Exception:  # noqa: BLE001 - whatever requests raises while nobody listens
            return False
        return all(slave["connected"] for slave in view["slaves"])


def _free_port() -> int:
    """An RPC port whose neighbour, for admin, and bus ports are free, too.

    All of them lie below the range that outgoing connections are given.
    """
    while True:
        port = random.randrange(10_000, 20_000, 2)
        bus_port = port + BUS_PORT_OFFSET
        if all(map(_is_free, (port, port + 1, bus_port, bus_port + 1, bus_port + 2))):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
