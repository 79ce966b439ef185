"""LevelDB's thread for compactions, at a lower priority than the threads that work on blocks.

A split makes every database compact for seconds, because the halves share tables that now belong to two; root
blocks would wait for that. LevelDB has one such thread in a process, begins it when it is first needed, and Linux
gives a thread the priority of the one that began it. Elsewhere a priority is the process's, so it stays as it is.

Linux first shares the cores out among sessions (its autogroups), then, by niceness, within each: so the launcher
keeps the processes of a cluster in one session.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import plyvel

NICENESS: Final = 10
"""While all others want the cores, this gets a tenth of one. If that were too little, writers would have to wait for
tables, and so leave the cores to it."""


@cache
def begin_compactor() -> None:
    """Begin the thread, once in this process. Must come before the first database is written to."""
    if sys.platform == "linux":
        beginner = threading.Thread(target=_begin, name="compactor")
        beginner.start()
        beginner.join()


def _begin() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    with TemporaryDirectory(prefix="quarkparsec-") as folder:
        database = plyvel.DB(str(Path(folder)), create_if_missing=True)
        database.compact_range()
        database.close()
