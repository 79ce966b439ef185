"""qp_*: what only a sharded chain has."""

from __future__ import annotations

from quarkparsec.types import home_key
from tests.jsonrpc.cluster import BOB, Door, MemoryCluster


def test_the_cluster_tells_its_shards_and_slaves(door: Door) -> None:
    cluster = door.ask("qp_getCluster")
    assert cluster["shardCount"] == "0x4"
    assert cluster["epoch"] == "0x2"
    assert [shard["shardId"] for shard in cluster["shards"]] == ["0x0", "0x1", "0x2", "0x3"]
    assert cluster["slaves"][1] == {"name": "slave-1", "connected": False}
    assert int(cluster["supply"], 16) == 10**24


def test_a_shard_block_tells_which_keys_its_transactions_ran_under(
    door: Door, cluster: MemoryCluster
) -> None:
    block = door.ask("qp_getShardBlock", 1, "0x1")
    assert block["shardId"] == "0x1"
    assert block["hash"] == "0x" + cluster.roots[1].summaries[1].block_hash.hex()
    (first, _) = block["transactions"]
    assert int(first["toShardKey"], 16) == home_key(BOB)


def test_the_epoch_is_the_latest_if_none_is_named(door: Door) -> None:
    assert door.ask("qp_getShardBlock", "0x3") == door.ask("qp_getShardBlock", "0x3", "0x2")


def test_a_shard_that_was_carried_over_has_no_block(door: Door) -> None:
    assert door.ask("qp_getShardBlock", "0x2", "0x1") is None
    assert door.ask("qp_getShardBlock", "0x1", "0x2") is None
    assert door.ask("qp_getShardBlock", "0x1", "0x7f") is None


def test_a_shard_that_does_not_exist_is_an_error(door: Door) -> None:
    error = {"code": -32602, "message": "no such shard: there are 4"}
    assert door.refusal("qp_getShardBlock", "0x4", "latest") == error
