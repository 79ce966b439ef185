"""Where Ethereum's own tests are: an archive beside the repository, or where the environment says.

It isn't part of the project. Without it the tests that need it are skipped and say so.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

VARIABLE = "QUARKPARSEC_ETHEREUM_TESTS"
DEFAULT = Path("..") / "shared" / "data" / "ethereum-tests.tar.xz"

ARCHIVE = Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[2] / DEFAULT).resolve()

MISSING = f"no archive of ethereum/tests (set {VARIABLE}, or put it at {DEFAULT})"


def is_there() -> bool:
    return ARCHIVE.is_file()


def json_files(folder: str) -> Iterator[tuple[str, Any]]:
    """(path below `folder`, contents) of every JSON file there, by path; none without the archive."""
    for path, encoded in _files().items():
        if path.startswith(folder + "/") and path.endswith(".json"):
            yield path.removeprefix(folder + "/"), json.loads(encoded)


@cache
def _files() -> dict[str, bytes]:
    if not is_there():
        return {}
    with tarfile.open(ARCHIVE) as archive:
        members = {
            member.name.removeprefix("./"): archive.extractfile(member) for member in archive
        }
        return {path: members[path].read() for path in sorted(members) if members[path]}  # type: ignore[union-attr]
