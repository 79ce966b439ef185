"""Where things stand in the cluster's view of an epoch."""

from __future__ import annotations

from quarkparsec.jsonrpc.views.place import (
    Place,
    mark,
    participating,
    place_of,
    places,
    transaction_count,
)
from quarkparsec.types import Gas, ShardId
from tests.jsonrpc.cluster import MemoryCluster


def test_a_shard_starts_where_the_one_before_it_ends(cluster: MemoryCluster) -> None:
    assert dict(places(cluster.roots[1])) == {1: Place(0, 0, Gas(0)), 3: Place(2, 0, Gas(101_000))}
    assert dict(places(cluster.roots[2])) == {0: Place(0, 0, Gas(0)), 3: Place(1, 1, Gas(30_000))}


def test_the_place_of_one_shard_is_that_among_all(cluster: MemoryCluster) -> None:
    for block in cluster.roots:
        for shard_id, place in places(block):
            assert place_of(block, shard_id) == place


def test_shards_that_were_carried_over_contribute_nothing(cluster: MemoryCluster) -> None:
    block = cluster.roots[2]
    assert [block_id.shard_id for block_id in participating(block)] == [ShardId(0), ShardId(3)]
    assert block.summaries[1].header == cluster.roots[1].summaries[1].header
    assert transaction_count(block) == 3


def test_a_mark_spells_what_everything_in_a_block_repeats(cluster: MemoryCluster) -> None:
    header = cluster.roots[1].header
    assert mark(cluster.roots[1]) == (
        "0x" + header.hash.hex(),
        "0x1",
        hex(header.timestamp),
        header.base_fee,
    )
