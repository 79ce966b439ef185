"""The whole command on a real cluster, with little of everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.running_cluster import ROOT

pytestmark = pytest.mark.processes

LITTLE = ["--transactions", "60", "--senders", "12", "--probes", "4", "--timeout-s", "30"]


def run(tmp_path: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "bench"), "cross-shard", *LITTLE]
    command += ["--plots", str(tmp_path), "--json", str(tmp_path / "results.json"), *flags]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)


def test_every_load_of_every_part_commits_all_that_it_sends(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert {name: len(results[name]) for name in ("shares", "conflicts", "hot-spots")} == {
        "shares": 4,
        "conflicts": 4,
        "hot-spots": 3,
    }
    for part in ("shares", "conflicts", "hot-spots"):
        for report in results[part]:
            assert (report["committed"], report["failed"], report["flawless"]) == (60, 0, True)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["conflicts.png", "shares.png"]


def test_a_cluster_that_cannot_be_started_is_said_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "shares", "--slaves", "9")
    assert done.returncode == 2
    assert "the cluster didn't start" in done.stdout
