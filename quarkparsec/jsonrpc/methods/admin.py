"""admin_*: what an operator asks, on the admin port only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.scalars import parse_count
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node, Operator
from quarkparsec.jsonrpc.views.cluster import cluster_view


async def status(node: Node) -> dict[str, Any]:
    """The cluster as this gateway sees it, and what runs here."""
    view = cluster_view(node.chain_id, node.head(), node.cluster_view())
    return {"version": node.client_version, **view}


async def reshard(operator: Operator, shard_count: int) -> dict[str, str]:
    """Split every shard in two while the cluster runs; answers once a root block has done it."""
    epoch = await operator.reshard(shard_count)
    return {"epoch": quantity(epoch), "shardCount": quantity(shard_count)}


_METHODS: Final = (
    Method("admin_status", status, (), Cost.MEMORY),
    Method("admin_reshard", reshard, (Argument("shard count", parse_count),), Cost.MEMORY),
)

ADMIN_METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {method.name: method for method in _METHODS}
)
