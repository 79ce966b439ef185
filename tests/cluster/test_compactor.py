"""Compactions give way to whoever works on blocks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.compactor import NICENESS

PROBE = """
import os, sys
from pathlib import Path
from cluster.leveldb import LevelDBStore
store = LevelDBStore(Path(sys.argv[1]))
store.write({b"key": bytes(1000)}, sync=True)
store.flush()
threads = sorted(map(int, os.listdir("/proc/self/task")))
print(*[os.getpriority(os.PRIO_PROCESS, thread) for thread in threads])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is the process's")
def test_the_compacting_thread_alone_is_nicer_than_the_others(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROBE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert list(map(int, done.stdout.split())) == [mine, NICENESS]
