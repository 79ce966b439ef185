"""A part becomes a PNG where the user says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.cross_shard.parts import CONFLICTS, SHARES
from benchmarks.cross_shard.plots import DOTS_PER_INCH, SIZE_INCHES, plot

from tests.scripts.benchmarks.cross_shard.results import measured, report


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_a_picture_is_written_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    found = measured(SHARES, *(report(1_000, seconds) for seconds in (1.0, 2.0, 3.0, 4.0)))
    path = plot(SHARES, found, tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / "shares.png"
    expected = tuple(inches * DOTS_PER_INCH for inches in SIZE_INCHES)
    assert size_of(path.read_bytes()) == expected


def test_other_results_give_another_picture_and_the_same_ones_the_same(tmp_path: Path) -> None:
    pictures = [
        plot(CONFLICTS, measured(CONFLICTS, report(1_000, 1.0), second), tmp_path).read_bytes()
        for second in (report(1_000, 2.0), report(1_000, 9.0), report(1_000, 2.0))
    ]
    assert pictures[0] == pictures[2] != pictures[1]


def test_a_load_without_probes_leaves_a_gap(tmp_path: Path) -> None:
    unprobed = replace(report(1_000, 1.0), loaded=None)
    assert plot(SHARES, measured(SHARES, report(1_000, 1.0), unprobed), tmp_path).exists()
