"""Copies of a cluster's databases, whether it stands still or runs.

LevelDB doesn't open a database twice, and opening one writes to it. So the audit opens copies: tables are
hard links where the file system allows it (LevelDB never changes a table, it only deletes it), the rest
is copied. That is a matter of milliseconds; nothing of the original is written.

Of a running cluster a copy is what a crash at that moment would have left, so the logs are read before
the manifest that says which tables belong to them; when a compaction replaces files meanwhile, the copy is
made again. The root chain is copied first: each shard's copy then stands at its head or later, and later
is no problem, because a shard keeps the recent past.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from quarkparsec.errors import InvalidInput, Unavailable

LOCK: Final = "LOCK"
TABLES: Final = (".ldb", ".sst")
COPY_TRIES_MAX: Final = 20
"""Compactions come seconds apart; a copy takes milliseconds."""


@contextmanager
def still(database: Path) -> Iterator[bool]:
    """Keep others from opening a database; whether that was possible, because nobody had it open."""
    if not (database / LOCK).exists():
        raise InvalidInput(f"{database} is no database")
    with (database / LOCK).open("r+b") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def copy_database(database: Path, copy: Path) -> None:
    """Copy a database. Raises Unavailable if it changes too fast."""
    for _ in range(COPY_TRIES_MAX):
        before = _names(database)
        copy.mkdir(parents=True)
        try:
            for name in sorted(before, key=_order):
                _copy_file(database / name, copy / name)
        except FileNotFoundError:
            pass  # it was replaced while we were on our way to it
        else:
            if _names(database) == before:
                return
        shutil.rmtree(copy)
    raise Unavailable(f"{database} changes faster than it can be copied")


def _names(database: Path) -> set[str]:
    """The files that make up a database."""
    logs_of_leveldb = {LOCK, "LOG", "LOG.old"}
    return {path.name for path in database.iterdir() if path.is_file()} - logs_of_leveldb


def _order(name: str) -> int:
    """Logs first, tables last."""
    if name.endswith(".log"):
        return 0
    return 2 if name.endswith(TABLES) else 1


def _copy_file(original: Path, copy: Path) -> None:
    if original.name.endswith(TABLES):
        try:
            os.link(original, copy)
        except FileNotFoundError:
            raise
        except OSError:
            pass  # another file system, or one without links
        else:
            return
    shutil.copyfile(original, copy)
