"""LevelDB behaves as a store, and never hides damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.leveldb import LevelDBStore
from quarkparsec.errors import Corrupt, Unavailable


def test_a_batch_is_there_after_reopening(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    store.write({b"a": b"1", b"b": b"2"}, sync=True)
    store.write({b"a": None}, sync=False)
    store.close()
    reopened = LevelDBStore(tmp_path)
    assert (reopened.get(b"a"), reopened.get(b"b")) == (None, b"2")


def test_a_scan_is_ordered_and_excludes_its_stop(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    store.write({b"c": b"3", b"a": b"1", b"b": b"2"}, sync=False)
    assert list(store.scan(b"a", b"c")) == [(b"a", b"1"), (b"b", b"2")]


def test_a_snapshot_does_not_see_later_writes(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    store.write({b"a": b"old"}, sync=False)
    snapshot = store.snapshot()
    store.write({b"a": b"new", b"b": b"1"}, sync=False)
    assert snapshot.get(b"a") == b"old"
    assert list(snapshot.scan(b"", b"z")) == [(b"a", b"old")]


def test_a_database_in_use_is_unavailable(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    with pytest.raises(Unavailable):
        LevelDBStore(tmp_path)
    store.close()


def test_a_flipped_bit_in_the_log_is_corrupt_not_a_missing_key(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path)
    for index in range(100):
        store.write({b"key-%d" % index: b"value" * 20}, sync=True)
    store.close()
    log = next(tmp_path.glob("*.log"))
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    log.write_bytes(bytes(damaged))
    with pytest.raises(Corrupt):
        LevelDBStore(tmp_path)


@pytest.mark.parametrize("sharers", [1, 4, 64])
def test_what_is_written_is_read_however_little_memory_there_is(
    tmp_path: Path, sharers: int
) -> None:
    store = LevelDBStore(tmp_path, sharers)
    rows = {number.to_bytes(4, "big"): bytes(10_000) for number in range(1_000)}
    store.write(rows, sync=False)
    store.flush()
    assert dict(store.scan(b"", b"\xff")) == rows
    store.close()
