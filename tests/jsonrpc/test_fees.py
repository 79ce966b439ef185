"""What to pay."""

from __future__ import annotations

from quarkparsec.jsonrpc.fees import TIP_MAX, TIP_MIN, suggested_tip
from tests.jsonrpc.cluster import Did, MemoryCluster, sign
from tests.jsonrpc.headers import GWEI, SHARD_GAS_LIMIT


def crowded(tip: int) -> MemoryCluster:
    """A cluster whose last block is full and paid `tip` per gas."""
    cluster = MemoryCluster()
    raw = sign(maxPriorityFeePerGas=tip, maxFeePerGas=tip + 50 * GWEI)
    cluster.seal({shard: [Did(raw, SHARD_GAS_LIMIT)] for shard in range(4)})
    return cluster


def test_without_blocks_the_suggestion_is_the_least() -> None:
    assert suggested_tip([]) == TIP_MIN


def test_blocks_that_have_room_do_not_count() -> None:
    cluster = MemoryCluster()
    cluster.seal({0: [Did(sign(maxPriorityFeePerGas=5 * GWEI, maxFeePerGas=50 * GWEI))]})
    assert suggested_tip(cluster.roots) == TIP_MIN


def test_the_suggestion_is_between_its_bounds() -> None:
    assert suggested_tip(crowded(0).roots) == TIP_MIN
    assert suggested_tip(crowded(TIP_MAX * 2).roots) == TIP_MAX
    assert suggested_tip(crowded(7 * GWEI).roots) == 7 * GWEI


def test_the_suggestion_is_the_60th_percentile_of_crowded_blocks() -> None:
    blocks = [crowded(tip * GWEI).roots[-1] for tip in (5, 1, 4, 2, 3)]
    assert suggested_tip(blocks) == 3 * GWEI
