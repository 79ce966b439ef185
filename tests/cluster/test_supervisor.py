"""Children that die come back, each time later; the end stops them all."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from cluster import supervisor as supervisor_module
from cluster.layout import DataDirectory
from cluster.supervisor import Child, Supervisor
from tests.cluster.alive import is_alive


class Stage(Supervisor):
    """A supervisor whose children run a line of Python each, in place of a cluster's processes."""

    def _command(self, child: Child) -> list[str]:
        return [sys.executable, "-S", "-c", *child.arguments]


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    """A data directory that holds nothing yet."""
    made = DataDirectory(tmp_path)
    made.logs.mkdir()
    made.run.mkdir()
    return made


def stage(directory: DataDirectory, *children: Child) -> tuple[Stage, io.StringIO]:
    said = io.StringIO()
    return Stage(Console(file=said, width=300), directory, list(children), "info"), said


async def written(path: Path) -> str:
    """What a file holds once there is something in it."""
    async with asyncio.timeout(20):
        while not (path.exists() and path.read_text().endswith("\n")):  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.01)
    return path.read_text()  # noqa: ASYNC240


def test_a_child_that_dies_is_started_again_each_time_later(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_DELAY_MS_MIN", 10)
    monkeypatch.setattr(supervisor_module, "RESTART_DELAY_MS_MAX", 40)

    async def scene() -> str:
        one, said = stage(directory, Child("mayfly", ("raise SystemExit(7)",)))
        async with one:
            async with asyncio.timeout(30):
                while said.getvalue().count("ended") < 4:  # noqa: ASYNC110 - a console tells nobody
                    await asyncio.sleep(0.01)
        return said.getvalue()

    lines = asyncio.run(scene()).splitlines()[:4]
    assert all(line.startswith("mayfly ended (7)") for line in lines)
    assert all("mayfly.log" in line for line in lines)
    delays = [int(line.split(" in ")[1].split(" ms")[0]) for line in lines]
    assert delays == [20, 40, 40, 40]


def test_a_child_that_lived_for_long_is_started_again_soon(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_DELAY_MS_MIN", 10)
    monkeypatch.setattr(supervisor_module, "RESTART_STEADY_MS", 0)

    async def scene() -> str:
        one, said = stage(directory, Child("steady", ("",)))
        async with one:
            async with asyncio.timeout(30):
                while said.getvalue().count("ended") < 3:  # noqa: ASYNC110 - a console tells nobody
                    await asyncio.sleep(0.01)
        return said.getvalue()

    lines = asyncio.run(scene()).splitlines()[:3]
    assert all("again in 10 ms" in line for line in lines)


def test_the_end_stops_every_child(directory: DataDirectory) -> None:
    sleeper = "import time, os; print(os.getpid(), flush=True); time.sleep(60)"

    async def scene() -> list[int]:
        one, _ = stage(directory, Child("one", (sleeper,)), Child("two", (sleeper,)))
        async with one:
            pids = [int(await written(directory.logs / f"{name}.log")) for name in ("one", "two")]
            assert pids == [
                int((directory.run / f"{name}.pid").read_text()) for name in ("one", "two")
            ]
            assert all(is_alive(pid) for pid in pids)
        return pids

    assert not any(is_alive(pid) for pid in asyncio.run(scene()))


def test_a_child_hears_no_ctrl_c_of_the_launcher_but_shares_its_session(
    directory: DataDirectory,
) -> None:
    says = "import time, os; print(os.getsid(0), os.getpgid(0), os.getpid(), flush=True); time.sleep(60)"

    async def scene() -> list[int]:
        one, _ = stage(directory, Child("one", (says,)))
        async with one:
            return list(map(int, (await written(directory.logs / "one.log")).split()))

    session, group, pid = asyncio.run(scene())
    assert session == os.getsid(0)
    assert group == pid != os.getpgid(0)


def test_a_child_that_ignores_the_signal_is_killed(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "STOP_TIMEOUT_MS", 200)
    deaf = (
        "import signal, time, os; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print(os.getpid(), flush=True); time.sleep(60)"
    )

    async def scene() -> int:
        one, _ = stage(directory, Child("deaf", (deaf,)))
        async with one:
            return int(await written(directory.logs / "deaf.log"))

    started = time.monotonic()
    assert not is_alive(asyncio.run(scene()))
    assert time.monotonic() - started < 20
