"""What only a sharded chain has: the cluster, and single shard blocks. No Ethereum tool expects these."""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.node import ClusterView
from quarkparsec.jsonrpc.views.block import header_view, transaction_hashes
from quarkparsec.types import ShardId


def cluster_view(chain_id: int, head: RootBlock, cluster: ClusterView) -> dict[str, Any]:
    """Shards, slaves, how far each is, and how much money there is."""
    swept = [shard.swept_percent for shard in cluster.shards]
    return {
        "chainId": quantity(chain_id),
        "shardCount": quantity(head.shard_count),
        "epoch": quantity(head.number),
        "supply": quantity(head.supply),
        "feesPending": quantity(head.fees_pending),
        "sweptPercent": quantity(sum(swept) // len(swept)),
        "shards": [
            {
                "shardId": quantity(shard.shard_id),
                "slave": shard.slave,
                "epoch": quantity(shard.epoch),
                "available": shard.is_available,
                "sweptPercent": quantity(shard.swept_percent),
            }
            for shard in cluster.shards
        ],
        "slaves": [
            {"name": slave.name, "connected": slave.is_connected} for slave in cluster.slaves
        ],
    }


def shard_block_view(shard_id: ShardId, block: ShardBlock) -> dict[str, Any]:
    """A shard's own block; each transaction with the shard key that its frames had."""
    view = header_view(block.header)
    view["shardId"] = quantity(shard_id)
    view["transactions"] = [
        {"hash": transaction_hash, "toShardKey": quantity(entry.to_key)}
        for transaction_hash, entry in zip(
            transaction_hashes(block.entries), block.entries, strict=True
        )
    ]
    return view
