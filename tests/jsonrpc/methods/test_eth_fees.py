"""eth_*: what gas costs."""

from __future__ import annotations

import pytest

from quarkparsec.jsonrpc.fees import TIP_MIN
from quarkparsec.limits import FEE_HISTORY_BLOCKS_MAX, FEE_HISTORY_REWARD_BLOCKS_MAX
from tests.jsonrpc.cluster import Did, Door, MemoryCluster, sign
from tests.jsonrpc.headers import GWEI, SHARD_GAS_LIMIT

PERCENTILES = [0, 50, 100]


def test_an_idle_cluster_suggests_next_to_nothing(door: Door) -> None:
    assert int(door.ask("eth_maxPriorityFeePerGas"), 16) == TIP_MIN
    base_fee = int(door.ask("eth_baseFee"), 16)
    assert int(door.ask("eth_gasPrice"), 16) == base_fee + TIP_MIN
    assert door.ask("eth_blobBaseFee") == "0x1"


def test_a_crowded_cluster_suggests_what_others_paid(door: Door, cluster: MemoryCluster) -> None:
    for nonce in range(6, 10):
        raw = sign(nonce=nonce, maxPriorityFeePerGas=3 * GWEI, maxFeePerGas=100 * GWEI)
        cluster.seal({shard: [Did(raw, SHARD_GAS_LIMIT)] for shard in range(4)})
    assert int(door.ask("eth_maxPriorityFeePerGas"), 16) == 3 * GWEI


def test_the_base_fee_is_the_one_that_the_next_block_will_have(
    door: Door, cluster: MemoryCluster
) -> None:
    announced = int(door.ask("eth_baseFee"), 16)
    assert cluster.seal({}).header.base_fee == announced


def test_the_history_tells_base_fees_and_fullness(door: Door, cluster: MemoryCluster) -> None:
    history = door.ask("eth_feeHistory", "0x2", "latest", [])
    assert history["oldestBlock"] == "0x1"
    fees = [block.header.base_fee for block in cluster.roots[1:]]
    announced = int(door.ask("eth_baseFee"), 16)
    assert [int(fee, 16) for fee in history["baseFeePerGas"]] == [*fees, announced]
    limit = 4 * SHARD_GAS_LIMIT
    assert history["gasUsedRatio"] == [151_000 / limit, 91_000 / limit]
    assert "reward" not in history


def test_rewards_are_weighted_by_gas_cheapest_first(door: Door, cluster: MemoryCluster) -> None:
    cheap = sign(nonce=6, maxPriorityFeePerGas=1 * GWEI, maxFeePerGas=50 * GWEI)
    dear = sign(nonce=7, maxPriorityFeePerGas=9 * GWEI, maxFeePerGas=50 * GWEI)
    cluster.seal({0: [Did(dear, 30_000)], 2: [Did(cheap, 70_000)]})
    history = door.ask("eth_feeHistory", "0x1", "latest", [0, 69, 71, 100])
    assert [int(reward, 16) for reward in history["reward"][0]] == [
        1 * GWEI,
        1 * GWEI,
        9 * GWEI,
        9 * GWEI,
    ]


def test_an_empty_block_has_rewards_of_zero(door: Door) -> None:
    history = door.ask("eth_feeHistory", "0x1", "earliest", PERCENTILES)
    assert history["reward"] == [["0x0"] * 3]


@pytest.mark.parametrize(("count", "oldest"), [("0x1", 2), ("0x3", 0), ("0x400", 0), (2, 1)])
def test_the_history_ends_at_genesis(door: Door, count: object, oldest: int) -> None:
    history = door.ask("eth_feeHistory", count, "latest", PERCENTILES)
    assert history["oldestBlock"] == hex(oldest)
    assert len(history["reward"]) == len(history["gasUsedRatio"]) == 3 - oldest


def test_a_history_of_no_blocks_is_empty(door: Door) -> None:
    assert door.ask("eth_feeHistory", "0x0", "latest")["gasUsedRatio"] == []


def test_a_long_history_is_cut(door: Door, cluster: MemoryCluster) -> None:
    for _ in range(FEE_HISTORY_BLOCKS_MAX):
        cluster.seal({})
    history = door.ask("eth_feeHistory", "0xffff", "latest")
    assert len(history["gasUsedRatio"]) == FEE_HISTORY_BLOCKS_MAX
    history = door.ask("eth_feeHistory", "0xffff", "latest", [50])
    assert len(history["reward"]) == FEE_HISTORY_REWARD_BLOCKS_MAX


def test_a_history_beyond_the_head_is_refused(door: Door) -> None:
    error = door.refusal("eth_feeHistory", "0x1", "0x3", [])
    assert error == {"code": -32602, "message": "request beyond head block: requested 3, head 2"}
