"""A copy is what a crash would have left at some moment, and the original stays as it is."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from auditing.copying import copy_database, still

from cluster.leveldb import LevelDBStore
from quarkparsec.errors import InvalidInput

ROUNDS = 8
KEYS = 20
HOLDER = """
import sys, plyvel
database = plyvel.DB(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_copy_holds_what_was_written_and_the_original_stays_as_it_is(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path / "original")
    store.write({b"a": b"1"}, sync=True)
    store.close()
    before = contents(tmp_path / "original")
    copy_database(tmp_path / "original", tmp_path / "copy")
    copy = LevelDBStore(tmp_path / "copy")
    assert copy.get(b"a") == b"1"
    copy.write({b"a": b"2"}, sync=True)
    copy.close()
    assert contents(tmp_path / "original") == before


def test_copies_of_a_busy_database_are_whole_batches_and_go_forward(tmp_path: Path) -> None:
    stop = threading.Event()
    store = LevelDBStore(tmp_path / "original")
    writer = threading.Thread(target=write_until, args=(store, stop))
    writer.start()
    seen = []
    try:
        for number in range(ROUNDS):
            copy_database(tmp_path / "original", tmp_path / f"copy-{number}")
            seen.append(version_of(tmp_path / f"copy-{number}"))
    finally:
        stop.set()
        writer.join()
        store.close()
    assert seen == sorted(seen)
    assert seen[0] < seen[-1] <= version_of(tmp_path / "original")


def test_a_database_that_is_open_elsewhere_is_not_still(tmp_path: Path) -> None:
    LevelDBStore(tmp_path / "database").close()
    with still(tmp_path / "database") as is_still:
        assert is_still
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "database")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with still(tmp_path / "database") as is_still:
            assert not is_still
        holder.communicate(b"")


def test_while_it_is_kept_still_nobody_opens_it(tmp_path: Path) -> None:
    LevelDBStore(tmp_path / "database").close()
    opening = [sys.executable, "-c", "import sys, plyvel; plyvel.DB(sys.argv[1])"]
    command = [*opening, str(tmp_path / "database")]
    with still(tmp_path / "database"):
        assert subprocess.run(command, capture_output=True).returncode == 1
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_folder_without_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no database"), still(tmp_path):
        pass


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_until(store: LevelDBStore, stop: threading.Event) -> None:
    """Write the same keys again and again, one version in a batch, large enough for compactions."""
    version = 0
    while not stop.is_set():
        version += 1
        value = version.to_bytes(8, "big") * 4_000
        store.write({b"k%d" % key: value for key in range(KEYS)}, sync=False)


def version_of(folder: Path) -> int:
    """The one version that all keys have; 0 before the first."""
    store = LevelDBStore(folder)
    versions = {value[:8] for _, value in store.scan(b"k", b"l")} or {b""}
    store.close()
    (version,) = versions
    return int.from_bytes(version, "big")
