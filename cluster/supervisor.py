"""Runs child processes and starts again those that die.

A child that dies is started again at once, then with growing delays: one that can't live (a corrupt
database, a port in use) must not burn the machine. Children get SIGTERM at the end, SIGKILL if they
don't go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from rich.console import Console

from cluster import exit_status
from cluster.layout import DataDirectory
from quarkparsec.limits import (
    RESTART_DELAY_MS_MAX,
    RESTART_DELAY_MS_MIN,
    RESTART_STEADY_MS,
    STOP_TIMEOUT_MS,
)

ROOT: Final = Path(__file__).parent.parent


class Child(NamedTuple):
    """A process to run: its name, and its arguments for `python -m cluster`."""

    name: str
    arguments: tuple[str, ...]


class Supervisor:
    """The processes of one cluster, as an async context."""

    def __init__(
        self, console: Console, directory: DataDirectory, children: list[Child], log_level: str
    ) -> None:
        self._console: Final = console
        self._directory: Final = directory
        self._children: Final = children
        self._log_level: Final = log_level
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._keep(child)) for child in self._children]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def over(self) -> None:
        """Wait until every child has left for good."""
        await asyncio.gather(*self._tasks)

    async def _keep(self, child: Child) -> None:
        delay_ms = RESTART_DELAY_MS_MIN
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await self._run(child)
            if code == exit_status.LEFT:
                self._directory.forget_slave(child.name)
                self._console.print(f"{child.name} was removed from the cluster")
                return
            lived_ms = (loop.time() - started) * 1000
            delay_ms = RESTART_DELAY_MS_MIN if lived_ms > RESTART_STEADY_MS else delay_ms * 2
            delay_ms = min(delay_ms, RESTART_DELAY_MS_MAX)
            self._console.print(
                f"[yellow]{child.name} ended ({code}); starting it again in {delay_ms} ms, "
                f"see {self._log(child)}[/yellow]"
            )
            await asyncio.sleep(delay_ms / 1000)

    async def _run(self, child: Child) -> int:
        with self._log(child).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command(child),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                process_group=0,  # Ctrl-C in the terminal is for the launcher alone; why no session: compactor.py
            )
        (self._directory.run / f"{child.name}.pid").write_text(f"{process.pid}\n")
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _stop(process)
            raise

    def _command(self, child: Child) -> list[str]:
        options = ["--config", str(self._directory.config), "--log-level", self._log_level]
        return [sys.executable, "-m", "cluster", *child.arguments, *options]

    def _log(self, child: Child) -> Path:
        return self._directory.logs / f"{child.name}.log"


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_MS / 1000):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
