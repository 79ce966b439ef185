"""What the times of root blocks say of a split."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import pytest
from benchmarks.reshard.gaps import SETTLING_BLOCKS, split_gaps
from benchmarks.reshard.watching import Heard

from quarkparsec.errors import Unavailable


def heard(
    normal: Sequence[int], sweep: Sequence[int], after: Sequence[int], transactions: int = 0
) -> list[Heard]:
    """Root blocks that came so many milliseconds after one another; the last normal one splits."""
    times = [each / 1_000 for each in accumulate((0, *normal, *sweep, *after))]
    split, swept = len(normal), len(normal) + len(sweep)
    return [
        Heard(at, 8 if index >= split else 4, not split <= index < swept, transactions)
        for index, at in enumerate(times)
    ]


def test_the_longest_gap_in_a_split_is_compared_with_the_median_before() -> None:
    blocks = heard([50, 60, 60, 90, 70], [180, 80], [50] * SETTLING_BLOCKS)
    gaps = split_gaps(blocks, 0)
    assert (gaps.shard_count, round(gaps.normal_ms), round(gaps.normal_max_ms)) == (8, 60, 90)
    assert (round(gaps.split_max_ms), round(gaps.split_ratio, 2)) == (180, 3.0)
    assert (gaps.sweep_blocks, round(gaps.sweep_s, 3)) == (2, 0.26)


def test_a_long_gap_late_in_a_sweep_is_the_sweeps_alone() -> None:
    blocks = heard([50] * 5, [60] * SETTLING_BLOCKS + [60, 400], [50])
    gaps = split_gaps(blocks, 0)
    assert (round(gaps.split_max_ms), round(gaps.sweep_max_ms)) == (60, 400)
    assert round(gaps.sweep_ratio) == 8


def test_a_slow_block_that_splits_counts_too() -> None:
    blocks = heard([50, 50, 50, 250], [60], [50] * SETTLING_BLOCKS)
    assert round(split_gaps(blocks, 0).split_max_ms) == 250


def test_what_was_committed_meanwhile_is_counted_from_the_split_to_the_end_of_the_sweep() -> None:
    blocks = heard([50] * 5, [500, 500], [50] * SETTLING_BLOCKS, transactions=100)
    assert round(split_gaps(blocks, 0).transactions_per_s) == 200


def test_too_few_blocks_are_no_measurement() -> None:
    for blocks in (heard([50], [60], [50] * 20), heard([50] * 5, [60], [50])):
        with pytest.raises(Unavailable, match="too few blocks"):
            split_gaps(blocks, 0)


def test_plain_values_are_rounded() -> None:
    plain = split_gaps(heard([30] * 5, [70], [50] * SETTLING_BLOCKS), 0).as_json()
    assert (plain["shard_count"], plain["split_ratio"], plain["sweep_blocks"]) == (8, 2.33, 1)
