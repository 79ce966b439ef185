"""A copy of a shard's database for its new half, made while nobody writes to it.

LevelDB never changes a finished table, so the copy shares the tables: each is a hard link, or a copy of its own
where there can be no links. The manifest, and the logs of what is not in tables yet, are copied. Which files
those are, only the manifest says; above all, not those that a compaction is just writing: the copy numbers
its own tables like the original does, and would write into them.

A compaction may replace tables on the way. It is over soon, so then the copy is begun again.

The copy is made in a draft folder and gets its name when it is whole and durable. So it is there or not, whatever
happens on the way; a draft that somebody left is deleted. As long as the copy is being made the old shard, and with
it the whole cluster, stands still; so it isn't opened then. A file in its folder says since when the new half is on
its own, and who opens it first writes into the database whose it is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from cluster.durable import sync_file, sync_folder
from cluster.leveldb import LevelDBStore
from cluster.manifest import CURRENT, Manifest, read_manifest
from quarkparsec.errors import Corrupt, Unavailable
from quarkparsec.limits import COPY_TRIES_MAX
from quarkparsec.shard.division import child_batch
from quarkparsec.state.stored import read_place
from quarkparsec.types import Epoch, ShardId

DRAFT_SUFFIX: Final = ".draft"
BORN: Final = "born"
"""The file with the number of the root block that made a half, for who opens it first."""

LOG_SUFFIX: Final = ".log"
TABLE_SUFFIXES: Final = (".ldb", ".sst")
"""The second is what old releases of LevelDB called it."""


def divide_database(database: Path, half: Path, born: Epoch) -> None:
    """Make `half`, durably, a copy of a database for a shard that root block `born` split off.

    The database may be open, but nothing may write to it meanwhile. A `half` that is there stays as it is.
    Raises Unavailable, Corrupt.
    """
    if half.exists():
        return
    draft = half.with_name(half.name + DRAFT_SUFFIX)
    copy_database(database, draft)
    _write_file(draft / BORN, str(born).encode())
    sync_folder(draft)
    draft.rename(half)
    sync_folder(half.parent)


def open_database(path: Path, shard_id: ShardId, sharers: int = 1) -> LevelDBStore:
    """Open a shard's database; one that was made by a split learns whose it is. Raises Unavailable, Corrupt.

    What it learns is durable once the shard's first start is, for that is the next write. The file stays until the
    second.
    """
    store = LevelDBStore(path, sharers)
    born = path / BORN
    if born.exists():
        place = read_place(store)
        if place.shard_id == shard_id:
            born.unlink()
        else:
            store.write(child_batch(place, Epoch(int(born.read_text()))), sync=False)
    return store


def copy_database(database: Path, copy: Path) -> None:
    """Make a copy of a database that nobody writes to. Raises Unavailable, Corrupt.

    Its files are durable, its folder isn't yet.
    """
    for _ in range(COPY_TRIES_MAX):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        if _copy_moment(database, copy):
            return
    raise Unavailable(f"{database} changes faster than it can be copied")


def _copy_moment(database: Path, copy: Path) -> bool:
    """Copy what the database consists of now; whether nothing of it went away meanwhile."""
    manifest = read_manifest(database)
    try:
        for number, size in manifest.tables.items():
            _share_table(_table(database, number), copy, size)
        for log in _logs(database, manifest):
            _copy_file(log, copy / log.name)
    except FileNotFoundError:
        return False
    _write_file(copy / manifest.name, manifest.encoded)
    _write_file(copy / CURRENT, f"{manifest.name}\n".encode())
    return read_manifest(database).log_number == manifest.log_number


def _table(database: Path, number: int) -> Path:
    for suffix in TABLE_SUFFIXES:
        path = database / f"{number:06}{suffix}"
        if path.exists():
            return path
    raise FileNotFoundError(number)


def _share_table(table: Path, folder: Path, size: int) -> None:
    if table.stat().st_size != size:
        raise Corrupt(f"{table} has another size than its database says")
    try:
        os.link(table, folder / table.name)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        _copy_file(table, folder / table.name)


def _logs(database: Path, manifest: Manifest) -> list[Path]:
    """Those with writes that aren't in tables."""
    logs = database.glob(f"*{LOG_SUFFIX}")
    return [log for log in logs if int(log.stem) >= manifest.log_number]


def _copy_file(original: Path, copy: Path) -> None:
    shutil.copyfile(original, copy)
    sync_file(copy)


def _write_file(path: Path, contents: bytes) -> None:
    path.write_bytes(contents)
    sync_file(path)
