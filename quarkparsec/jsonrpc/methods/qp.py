"""qp_*: what only a sharded chain has. Nothing here changes anything."""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import Height, Tag, find_block, parse_height
from quarkparsec.jsonrpc.arguments.scalars import parse_count
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import BlockId, Node
from quarkparsec.jsonrpc.rpc_error import invalid_params
from quarkparsec.jsonrpc.views.cluster import cluster_view, shard_block_view
from quarkparsec.types import ShardId


async def get_cluster(node: Node) -> dict[str, Any]:
    """Shards, slaves and how far each is."""
    return cluster_view(node.chain_id, node.head(), node.cluster_view())


async def get_shard_block(node: Node, shard_id: int, height: Height) -> dict[str, Any] | None:
    """The block that a shard made in an epoch; null if it made none then."""
    block = await find_block(node, height)
    if block is None:
        return None
    if shard_id >= block.shard_count:
        raise invalid_params(f"no such shard: there are {block.shard_count}")
    if shard_id not in block.participants:
        return None
    (shard_block,) = await node.shard_blocks([BlockId(ShardId(shard_id), block.number)])
    return shard_block_view(ShardId(shard_id), shard_block)


METHODS: Final = (
    Method("qp_getCluster", get_cluster, (), Cost.MEMORY),
    Method(
        "qp_getShardBlock",
        get_shard_block,
        (Argument("shard id", parse_count), Argument("epoch", parse_height, Tag.LATEST)),
        Cost.BLOCK,
    ),
)
