"""The store of a running node: LevelDB, opened so that it can't hide corruption.

LevelDB's defaults let one flipped bit pass as a missing key. Paranoid checks at open and checksums on
every read turn that into an error, and an error into `Corrupt`: the replica stops and is rebuilt.

How much memory a database may take is decided when it is opened, by how many shards the process has then. One that
was opened when there were fewer keeps what it has until the next start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import plyvel

from cluster.compactor import begin_compactor
from quarkparsec.cache import share_of_room
from quarkparsec.errors import Corrupt, Unavailable
from quarkparsec.limits import (
    STORE_BUFFER_BYTES_MAX,
    STORE_BUFFER_BYTES_MIN,
    STORE_CACHE_BYTES,
)

BLOOM_FILTER_BITS: Final = 10

_BEHIND_EVERY_KEY: Final = b"\xff" * 64


class LevelDBReader:
    """Reads from a database or from one of its snapshots."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def get(self, key: bytes) -> bytes | None:
        try:
            value: bytes | None = self._source.get(key, verify_checksums=True)
        except plyvel.Error as error:
            raise Corrupt(f"LevelDB cannot read: {error}") from error
        return value

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        try:
            with self._source.iterator(start=start, stop=stop, verify_checksums=True) as entries:
                yield from entries
        except plyvel.Error as error:
            raise Corrupt(f"LevelDB cannot read: {error}") from error


class LevelDBStore(LevelDBReader):
    """One LevelDB database; the process that has it open is the only one."""

    def __init__(self, path: Path, sharers: int = 1) -> None:
        """`sharers`: so many databases share this process's memory."""
        self.path: Final = path
        path.mkdir(parents=True, exist_ok=True)
        begin_compactor()
        super().__init__(_open(path, sharers))

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        try:
            with self._source.write_batch(transaction=True, sync=sync) as writer:
                for key, value in batch.items():
                    if value is None:
                        writer.delete(key)
                    else:
                        writer.put(key, value)
        except plyvel.Error as error:
            raise Corrupt(f"LevelDB cannot write: {error}") from error

    def size_bytes(self) -> int:
        """About what the database weighs on disk; what was written last may be left out."""
        return int(self._source.approximate_size(b"", b"\xff"))

    def flush(self) -> None:
        """Bring what only the log holds into a table; writes go on meanwhile.

        A range behind every key is compacted: there is nothing in it, but LevelDB empties its memory first.
        """
        self._source.compact_range(start=_BEHIND_EVERY_KEY, stop=_BEHIND_EVERY_KEY)

    def snapshot(self) -> LevelDBReader:
        return LevelDBReader(self._source.snapshot())

    def close(self) -> None:
        self._source.close()


def _open(path: Path, sharers: int) -> Any:
    buffer = max(share_of_room(STORE_BUFFER_BYTES_MAX, sharers), STORE_BUFFER_BYTES_MIN)
    try:
        return plyvel.DB(
            str(path),
            create_if_missing=True,
            paranoid_checks=True,
            bloom_filter_bits=BLOOM_FILTER_BITS,
            lru_cache_size=share_of_room(STORE_CACHE_BYTES, sharers),
            write_buffer_size=buffer,
        )
    except plyvel.IOError as error:
        raise Unavailable(
            f"{path} is in use by another process, or can't be opened: {error}"
        ) from error
    except plyvel.Error as error:
        raise Corrupt(f"LevelDB refuses to open {path}: {error}") from error
