"""What a LevelDB database consists of at a moment: the tables and logs that its manifest names.

A database's folder also holds what no longer belongs to it, and what doesn't belong to it yet: a table that a
compaction is writing. Only the manifest tells. It is a log of edits; each says which tables came and went, and
from which log on writes are not in tables yet. Formats: LevelDB's doc/log_format.md and db/version_edit.cc.

Checksums are not looked at: whoever opens the database does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from quarkparsec.errors import Corrupt

CURRENT: Final = "CURRENT"
"""The file that names the manifest."""

_BLOCK_BYTES: Final = 32_768
_HEADER_BYTES: Final = 7
"""Of a fragment: checksum (4), length (2), kind (1)."""
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4

_COMPARATOR, _LOG_NUMBER, _NEXT_FILE, _LAST_SEQUENCE = 1, 2, 3, 4
_COMPACT_POINTER, _DELETED_FILE, _NEW_FILE, _PREVIOUS_LOG = 5, 6, 7, 9


class Manifest(NamedTuple):
    """A manifest as far as it is written whole."""

    name: str
    encoded: bytes
    tables: dict[int, int]
    """Number → bytes of each table that belongs to the database."""
    log_number: int
    """Logs with smaller numbers are in tables."""


def read_manifest(database: Path) -> Manifest:
    """The manifest of a database, which may be open. Raises Corrupt."""
    name = (database / CURRENT).read_text().strip()
    encoded = (database / name).read_bytes()
    tables: dict[int, int] = {}
    log_number = end = 0
    for record, end in _records(encoded):  # noqa: B007 - where the last one ends is wanted below
        edit = _Edit(record)
        for number in edit.deleted:
            tables.pop(number, None)
        tables |= edit.added
        log_number = edit.log_number or log_number
    return Manifest(name, encoded[:end], tables, log_number)


def _records(log: bytes) -> Iterator[tuple[bytes, int]]:
    """The records of a log, each with the place where it ends; one that isn't all there ends it."""
    record = b""
    at = 0
    while True:
        if _BLOCK_BYTES - at % _BLOCK_BYTES < _HEADER_BYTES:  # the rest of the block is filling
            at += _BLOCK_BYTES - at % _BLOCK_BYTES
        length = int.from_bytes(log[at + 4 : at + 6], "little")
        start, at = at + _HEADER_BYTES, at + _HEADER_BYTES + length
        if at > len(log):
            return
        kind, fragment = log[start - 1], log[start:at]
        record = fragment if kind in (_FULL, _FIRST) else record + fragment
        if kind in (_FULL, _LAST):
            yield record, at


class _Edit:
    """One record of a manifest."""

    def __init__(self, record: bytes) -> None:
        self.added: Final[dict[int, int]] = {}
        self.deleted: Final[set[int]] = set()
        self.log_number = 0
        self._record: Final = record
        self._at = 0
        while self._at < len(record):
            self._read_field(self._number())

    def _read_field(self, tag: int) -> None:
        if tag == _NEW_FILE:
            _level, number, size = self._number(), self._number(), self._number()
            self._skip_bytes()
            self._skip_bytes()
            self.added[number] = size
        elif tag == _DELETED_FILE:
            _level, number = self._number(), self._number()
            self.deleted.add(number)
        elif tag == _LOG_NUMBER:
            self.log_number = self._number()
        elif tag == _COMPACT_POINTER:
            self._number()
            self._skip_bytes()
        elif tag == _COMPARATOR:
            self._skip_bytes()
        elif tag in (_NEXT_FILE, _LAST_SEQUENCE, _PREVIOUS_LOG):
            self._number()
        else:
            raise Corrupt(f"a manifest has a field {tag} that LevelDB doesn't know")

    def _number(self) -> int:
        """A varint: seven bits a byte, the lowest first."""
        number = shift = 0
        while True:
            if self._at >= len(self._record):
                raise Corrupt("a manifest ends within a number")
            byte = self._record[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def _skip_bytes(self) -> None:
        length = self._number()
        self._at += length
