"""How much room databases take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path


def bytes_of(databases: Iterable[Path]) -> int:
    """The room that some databases take together: a table that two of them share counts once."""
    sizes: dict[int, int] = {}
    for database in databases:
        for path in database.iterdir():
            with contextlib.suppress(FileNotFoundError):  # a compaction has just deleted it
                status = path.stat()
                sizes[status.st_ino] = status.st_size
    return sum(sizes.values())
