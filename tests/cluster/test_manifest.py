"""A manifest says which files a database consists of, however much of it is written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.leveldb import LevelDBStore
from cluster.manifest import CURRENT, Manifest, read_manifest
from quarkparsec.errors import Corrupt


def fill(store: LevelDBStore, megabytes: int) -> None:
    """Write so much that doesn't compress, in different places."""
    chance = random.Random(megabytes)
    for _ in range(megabytes):
        store.write(
            {chance.randbytes(8): chance.randbytes(10_000) for _ in range(100)}, sync=False
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """One that is open, with tables on several levels, and a log."""
    store = LevelDBStore(tmp_path / "db")
    fill(store, 70)
    yield store.path
    store.close()


def compact(database: Path) -> None:
    """Let LevelDB open and close it: what the log holds goes into a table."""
    LevelDBStore(database).close()


def test_the_tables_of_a_database_at_rest_are_its_files(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    fill(store, 40)
    store.close()
    compact(tmp_path)
    tables = {int(path.stem): path.stat().st_size for path in tmp_path.glob("*.ldb")}
    manifest = read_manifest(tmp_path)
    assert manifest.tables == tables
    assert [int(path.stem) for path in tmp_path.glob("*.log")] == [manifest.log_number]


def test_an_open_database_has_all_the_tables_that_its_manifest_names(database: Path) -> None:
    manifest = read_manifest(database)
    sizes = {number: (database / f"{number:06}.ldb").stat().st_size for number in manifest.tables}
    assert sizes == manifest.tables
    assert len(manifest.tables) > 1


def test_a_manifest_cut_anywhere_is_an_earlier_one(database: Path, tmp_path: Path) -> None:
    whole = read_manifest(database)
    (tmp_path / CURRENT).write_text(whole.name)
    seen: list[Manifest] = []
    for end in range(len(whole.encoded) + 1):
        (tmp_path / whole.name).write_bytes(whole.encoded[:end])
        seen.append(read_manifest(tmp_path))
    assert seen[0].tables == {}
    assert seen[-1] == whole
    assert all(each.encoded == whole.encoded[: len(each.encoded)] for each in seen)
    assert [len(each.encoded) for each in seen] == sorted(len(each.encoded) for each in seen)


def test_a_manifest_longer_than_a_block_of_its_log_is_read(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    for number in range(8):  # a manifest names the first and the last key of each table
        store.write({bytes((number,)) * 10_000: b"x"}, sync=False)
        store.flush()
    manifest = read_manifest(tmp_path)
    assert len(manifest.encoded) > 2 * 32_768
    assert all((tmp_path / f"{number:06}.ldb").exists() for number in manifest.tables)
    store.close()


def test_what_leveldb_would_not_write_is_corrupt(database: Path, tmp_path: Path) -> None:
    name = read_manifest(database).name
    (tmp_path / CURRENT).write_text(name)
    for record in (b"\x63\x01", b"\x02\x80"):
        fragment = bytes(4) + len(record).to_bytes(2, "little") + b"\x01" + record
        (tmp_path / name).write_bytes(fragment)
        with pytest.raises(Corrupt):
            read_manifest(tmp_path)
