"""How much room databases take."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.reshard.disk import bytes_of


def test_what_two_databases_share_counts_once(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own").write_bytes(bytes(10))
    (tmp_path / "one" / "table").write_bytes(bytes(100))
    os.link(tmp_path / "one" / "table", tmp_path / "other" / "table")
    assert bytes_of([tmp_path / "one"]) == 110
    assert bytes_of([tmp_path / "one", tmp_path / "other"]) == 120
