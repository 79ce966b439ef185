"""What the times of root blocks say of a split.

The *normal* gap between two root blocks is the median of those before, under the same load. The split is the
block that splits and some more, until its halves have come up and taken part; then they are swept.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.reshard.watching import Heard
from quarkparsec.errors import Unavailable

SETTLING_BLOCKS: Final = 10
"""After the block that splits."""


class SplitGaps(NamedTuple):
    """One doubling, in milliseconds between two root blocks."""

    shard_count: int
    """After it."""
    normal_ms: float
    normal_max_ms: float
    split_max_ms: float
    sweep_max_ms: float
    sweep_s: float
    """From the block that splits to the one after which everything is swept."""
    sweep_blocks: int
    transactions_per_s: float
    """Committed during the split and the sweep, as long as the load lasted."""

    @property
    def split_ratio(self) -> float:
        """How many times the normal gap the longest one in the split is."""
        return self.split_max_ms / self.normal_ms

    @property
    def sweep_ratio(self) -> float:
        return self.sweep_max_ms / self.normal_ms

    def as_json(self) -> dict[str, Any]:
        ratios = {"split_ratio": self.split_ratio, "sweep_ratio": self.sweep_ratio}
        return {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in {**self._asdict(), **ratios}.items()
        }


def split_gaps(heard: Sequence[Heard], first: int) -> SplitGaps:
    """What became of the split after the normal blocks from number `first` of those that were heard.

    Of a sweep that is still under way, so far. Raises Unavailable if there are too few blocks.
    """
    before = heard[first].shard_count
    split = next(i for i, block in enumerate(heard) if i >= first and block.shard_count > before)
    swept = (i for i, block in enumerate(heard) if i >= split and block.is_swept)
    end, settled = next(swept, len(heard) - 1), split + SETTLING_BLOCKS
    if split - first < 2 or len(heard) <= max(settled, end):
        raise Unavailable("there were too few blocks to compare")
    normal = _gaps_ms(heard[first:split])
    sweep_s = heard[end].at_s - heard[split].at_s
    busy = [block for block in heard[split + 1 : end + 1] if block.transactions]
    busy_s = busy[-1].at_s - heard[split].at_s if busy else 0.0
    return SplitGaps(
        heard[split].shard_count,
        median(normal),
        max(normal),
        max(_gaps_ms(heard[split - 1 : settled + 1])),
        max(_gaps_ms(heard[split : max(settled, end) + 1])),
        sweep_s,
        end - split,
        sum(block.transactions for block in busy) / busy_s if busy_s else 0.0,
    )


def _gaps_ms(blocks: Sequence[Heard]) -> list[float]:
    return [(later.at_s - earlier.at_s) * 1_000 for earlier, later in pairwise(blocks)]
