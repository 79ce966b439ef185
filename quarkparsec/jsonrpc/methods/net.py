"""net_*: about the network. A cluster's peers are its slaves."""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node


async def version(node: Node) -> str:
    """The network id, in decimal: the chain id."""
    return str(node.chain_id)


async def listening(_node: Node) -> bool:
    """Always true: whoever can ask is being listened to."""
    return True


async def peer_count(node: Node) -> str:
    """How many slaves are connected."""
    return quantity(sum(slave.is_connected for slave in node.cluster_view().slaves))


METHODS: Final = (
    Method("net_version", version, (), Cost.MEMORY),
    Method("net_listening", listening, (), Cost.MEMORY),
    Method("net_peerCount", peer_count, (), Cost.MEMORY),
)
