"""The copy of a database is whole, independent, and there or not."""

from __future__ import annotations

import errno
import os
import random
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from cluster import division
from cluster.division import BORN, copy_database, divide_database, open_database
from cluster.leveldb import LevelDBStore
from quarkparsec.errors import Corrupt, Unavailable
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.state.place import Place
from quarkparsec.state.stored import read_place
from quarkparsec.state.tables import PLACE_KEY
from quarkparsec.types import Epoch, ShardId

Rows = dict[bytes, bytes]

PLACE = Place(ShardId(1), 4)


def write_some(store: LevelDBStore, chance: random.Random, rows: Rows) -> None:
    """Rows of half a megabyte, some of them in place of earlier ones."""
    batch = {
        chance.randbytes(1) * 4 + chance.randbytes(1): chance.randbytes(5_000) for _ in range(100)
    }
    store.write(batch, sync=False)
    rows |= batch


def contents(path: Path) -> Rows:
    store = LevelDBStore(path)
    found = dict(store.scan(b"", b"\xff" * 9))
    store.close()
    return found


def test_a_copy_made_while_compactions_run_holds_everything(tmp_path: Path) -> None:
    chance, rows = random.Random(1), Rows()
    store = LevelDBStore(tmp_path / "db")
    for round_number in range(8):
        for _ in range(20):
            write_some(store, chance, rows)
        copy = tmp_path / str(round_number)
        copy_database(store.path, copy)
        assert contents(copy) == rows
    assert dict(store.scan(b"", b"\xff" * 9)) == rows
    store.close()
    assert contents(store.path) == rows


def test_what_is_written_to_one_of_the_two_is_not_in_the_other(tmp_path: Path) -> None:
    chance, rows = random.Random(2), Rows()
    store = LevelDBStore(tmp_path / "db")
    for _ in range(80):
        write_some(store, chance, rows)
    copy_database(store.path, tmp_path / "copy")
    copy = LevelDBStore(tmp_path / "copy")
    ours, theirs = dict(rows), dict(rows)
    for _ in range(80):
        write_some(store, chance, ours)
        write_some(copy, chance, theirs)
    store.close()
    copy.close()
    assert contents(tmp_path / "db") == ours
    assert contents(tmp_path / "copy") == theirs


def test_a_database_that_is_deleted_leaves_its_copy_whole(tmp_path: Path) -> None:
    chance, rows = random.Random(3), Rows()
    store = LevelDBStore(tmp_path / "db")
    for _ in range(80):
        write_some(store, chance, rows)
    copy_database(store.path, tmp_path / "copy")
    store.close()
    for path in store.path.iterdir():
        path.unlink()
    assert contents(tmp_path / "copy") == rows


def test_tables_are_shared_where_they_can_be(tmp_path: Path) -> None:
    chance = random.Random(4)
    store = LevelDBStore(tmp_path / "db")
    for _ in range(80):
        write_some(store, chance, {})
    copy_database(store.path, tmp_path / "copy")
    assert all(path.stat().st_nlink == 2 for path in (tmp_path / "copy").glob("*.ldb"))
    store.close()


def test_without_links_tables_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EXDEV, "another file system")

    chance, rows = random.Random(5), Rows()
    store = LevelDBStore(tmp_path / "db")
    for _ in range(80):
        write_some(store, chance, rows)
    monkeypatch.setattr(os, "link", refuse)
    copy_database(store.path, tmp_path / "copy")
    assert all(path.stat().st_nlink == 1 for path in (tmp_path / "copy").glob("*.ldb"))
    store.close()
    assert contents(tmp_path / "copy") == rows


def test_a_table_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """The copy will give a table of its own the same number; it must not write into this one."""
    rows = Rows()
    store = LevelDBStore(tmp_path / "db")
    write_some(store, random.Random(6), rows)
    written = [tmp_path / "db" / f"{number:06}.ldb" for number in range(1, 40)]
    for path in written:
        path.write_bytes(b"half a table")
    copy_database(store.path, tmp_path / "copy")
    assert contents(tmp_path / "copy") == rows
    assert all(path.read_bytes() == b"half a table" for path in written)
    store.close()


def test_a_copy_that_is_overtaken_is_begun_again_and_at_last_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, interferences = Rows(), list[int]()
    store = LevelDBStore(tmp_path / "db")
    write_some(store, random.Random(7), rows)
    logs = division._logs

    def interfere(*arguments: object) -> list[Path]:
        found = logs(*arguments)  # type: ignore[arg-type]
        if len(interferences) < times:
            interferences.append(1)
            store.flush()
        return found

    monkeypatch.setattr(division, "_logs", interfere)
    times = 1
    copy_database(store.path, tmp_path / "copy")
    assert interferences == [1]
    assert contents(tmp_path / "copy") == rows
    times = 1_000

    def write_and_interfere(*arguments: object) -> list[Path]:
        store.write({b"more": b"of it"}, sync=False)
        return interfere(*arguments)

    monkeypatch.setattr(division, "_logs", write_and_interfere)
    with pytest.raises(Unavailable, match="changes faster than it can be copied"):
        copy_database(store.path, tmp_path / "never")
    store.close()


def test_a_table_of_another_size_than_the_manifest_says_is_corrupt(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path / "db")
    write_some(store, random.Random(8), {})
    store.flush()
    table = next((tmp_path / "db").glob("*.ldb"))
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(Corrupt, match="another size"):
        copy_database(store.path, tmp_path / "copy")
    store.close()


def a_shard(path: Path) -> LevelDBStore:
    """The database of shard 1 among 4."""
    store = LevelDBStore(path)
    store.write({PLACE_KEY: PLACE.encode()}, sync=True)
    return store


def test_a_half_is_made_once_and_learns_whose_it_is_when_it_is_opened(tmp_path: Path) -> None:
    store = a_shard(tmp_path / "db")
    for _ in range(2):
        divide_database(store.path, tmp_path / "half", Epoch(7))
        assert read_place(store) == PLACE
        half = open_database(tmp_path / "half", ShardId(5))
        assert read_place(half) == Place(ShardId(5), 8)
        assert BlockStore(half).born == 7
        half.close()
        store.write({b"later": b"on"}, sync=False)
    assert b"later" not in contents(tmp_path / "half")
    store.close()


def test_a_half_whose_first_start_was_lost_in_a_power_cut_learns_it_again(tmp_path: Path) -> None:
    store = a_shard(tmp_path / "db")
    divide_database(store.path, tmp_path / "half", Epoch(7))
    store.close()
    copy_database(tmp_path / "half", tmp_path / "before")
    shutil.copy(tmp_path / "half" / BORN, tmp_path / "before" / BORN)
    for path in (tmp_path / "half", tmp_path / "before"):
        for file_is_there in (True, False, False):
            half = open_database(path, ShardId(5))
            assert read_place(half) == Place(ShardId(5), 8)
            half.close()
            assert (path / BORN).exists() == file_is_there


@pytest.mark.parametrize("step", ["copy_database", "_write_file", "sync_folder"])
def test_a_half_is_not_there_before_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def cut(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    store = a_shard(tmp_path / "db")
    with monkeypatch.context() as patch:
        patch.setattr(division, step, cut)
        with pytest.raises(KeyboardInterrupt):
            divide_database(store.path, tmp_path / "half", Epoch(7))
    assert not (tmp_path / "half").exists()
    divide_database(store.path, tmp_path / "half", Epoch(7))
    open_database(tmp_path / "half", ShardId(5)).close()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["db", "half"]
    store.close()
