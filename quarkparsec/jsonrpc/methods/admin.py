"""admin_*: what an operator asks, on the admin port only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.machine import parse_host, parse_port, parse_slave_name
from quarkparsec.jsonrpc.arguments.scalars import parse_count
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Operator
from quarkparsec.jsonrpc.views.cluster import cluster_view
from quarkparsec.jsonrpc.views.moves import moves_view
from quarkparsec.types import ShardId
from quarkparsec.wire.operations import AddSlave, MoveShard, ReadMoves, RemoveSlave


async def status(operator: Operator) -> dict[str, Any]:
    """The cluster as this gateway sees it, what runs here, and which shards are on their way."""
    view = cluster_view(operator.chain_id, operator.head(), operator.cluster_view())
    moves = moves_view(await operator.operate(ReadMoves()))
    return {"version": operator.client_version, **view, **moves}


async def reshard(operator: Operator, shard_count: int) -> dict[str, str]:
    """Split every shard in two while the cluster runs; answers once a root block has done it."""
    epoch = await operator.reshard(shard_count)
    return {"epoch": quantity(epoch), "shardCount": quantity(shard_count)}


async def move_shard(operator: Operator, shard_id: int, slave: str) -> dict[str, Any]:
    """Move a shard to another slave while it works; answers with what begins."""
    return moves_view(await operator.operate(MoveShard(ShardId(shard_id), slave)))


async def add_slave(operator: Operator, name: str, host: str, port: int) -> dict[str, Any]:
    """Let a slave join that runs already and listens there."""
    return moves_view(await operator.operate(AddSlave(name, host, port)))


async def remove_slave(operator: Operator, name: str) -> dict[str, Any]:
    """Move everything that a slave holds elsewhere, then forget it; answers with what begins."""
    return moves_view(await operator.operate(RemoveSlave(name)))


async def get_load(operator: Operator) -> list[dict[str, str]]:
    """What each shard did in the last blocks, and what its database weighs."""
    loads = await operator.loads()
    return [
        {
            "shardId": quantity(shard_id),
            "transactions": quantity(load.transactions),
            "bytes": quantity(load.size_bytes),
        }
        for shard_id, load in enumerate(loads)
    ]


_SLAVE: Final = Argument("slave", parse_slave_name)

_METHODS: Final = (
    Method("admin_status", status, (), Cost.MEMORY),
    Method("admin_reshard", reshard, (Argument("shard count", parse_count),), Cost.MEMORY),
    Method(
        "admin_moveShard", move_shard, (Argument("shard id", parse_count), _SLAVE), Cost.MEMORY
    ),
    Method(
        "admin_addSlave",
        add_slave,
        (_SLAVE, Argument("host", parse_host), Argument("port", parse_port)),
        Cost.MEMORY,
    ),
    Method("admin_getLoad", get_load, (), Cost.MEMORY),
    Method("admin_removeSlave", remove_slave, (_SLAVE,), Cost.MEMORY),
)

ADMIN_METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {method.name: method for method in _METHODS}
)
