"""Copies of a cluster's databases, whether it stands still or runs.

LevelDB doesn't open a database twice, and opening one writes to it; so the audit opens copies, and nothing
of the original is written. A copy of a running cluster's database is what a crash at that moment would have
left. It is made in two steps:

1. *Hold*: tables are hard links (LevelDB never changes a finished one, it only deletes it), logs and the rest
   are copied: milliseconds. Logs come before the manifest that says which of them are still needed; when
   a compaction has replaced files meanwhile, this is done again.
2. *Copy* what is held. Links must never be opened as a database: it would number its new tables like
   those that the original is just writing, and truncate them.

The root chain is copied first: each shard's copy then stands at its head or later, and later is no problem,
because a shard keeps the recent past.
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
CURRENT: Final = "CURRENT"
TABLES: Final = (".ldb", ".sst")
HELD_SUFFIX: Final = "-held"
HOLD_TRIES_MAX: Final = 100
"""A busy database replaces files many times a second, holding them takes milliseconds."""


def is_database(path: Path) -> bool:
    """Whether a folder is a database: one that nobody has opened since it was divided has no lock yet."""
    return (path / LOCK).exists() or (path / CURRENT).exists()


@contextmanager
def still(database: Path) -> Iterator[bool]:
    """Keep others from opening a database; whether that was possible, because nobody had it open."""
    if not is_database(database):
        raise InvalidInput(f"{database} is no database")
    if not (database / LOCK).exists():
        yield True
        return
    with (database / LOCK).open("r+b") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def copy_database(database: Path, copy: Path) -> None:
    """Copy a database to where nothing is yet. Raises InvalidInput, Unavailable if it changes too fast."""
    held = copy.with_name(copy.name + HELD_SUFFIX)
    for _ in range(HOLD_TRIES_MAX):
        if not is_database(database):
            raise InvalidInput(f"{database} is no database")
        if _hold(database, held):
            shutil.copytree(held, copy)
            shutil.rmtree(held)
            return
        shutil.rmtree(held)
    raise Unavailable(f"{database} changes faster than it can be copied")


def _hold(database: Path, held: Path) -> bool:
    """Keep the files of this moment; whether they were all of one moment."""
    held.mkdir(parents=True)
    try:
        names = _names(database)
        for name in sorted(names, key=_order):
            _hold_file(database / name, held / name)
        return _names(database) == names
    except FileNotFoundError:
        return False  # it was replaced while we were on our way to it


def _names(database: Path) -> set[str]:
    """The files that make up a database."""
    logs_of_leveldb = {LOCK, "LOG", "LOG.old"}
    return {path.name for path in database.iterdir() if path.is_file()} - logs_of_leveldb


def _order(name: str) -> int:
    """Logs first, tables last."""
    if name.endswith(".log"):
        return 0
    return 2 if name.endswith(TABLES) else 1


def _hold_file(original: Path, held: Path) -> None:
    if original.name.endswith(TABLES):
        try:
            os.link(original, held)
        except FileNotFoundError:
            raise
        except OSError:
            pass  # another file system, or one without links
        else:
            return
    shutil.copyfile(original, held)
