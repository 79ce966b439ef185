"""eth_*: about the chain as a whole. The node signs nothing and owns no accounts."""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node


async def chain_id(node: Node) -> str:
    """The chain id that transactions are signed for."""
    return quantity(node.chain_id)


async def block_number(node: Node) -> str:
    """The number of the latest block."""
    return quantity(node.head().header.number)


async def syncing(_node: Node) -> bool:
    """Always false: a node shows only what is committed."""
    return False


async def accounts(_node: Node) -> list[str]:
    """Always empty."""
    return []


async def coinbase(node: Node) -> str:
    """Who gets the priority fees."""
    return data(node.head().header.coinbase)


METHODS: Final = (
    Method("eth_chainId", chain_id, (), Cost.MEMORY),
    Method("eth_blockNumber", block_number, (), Cost.MEMORY),
    Method("eth_syncing", syncing, (), Cost.MEMORY),
    Method("eth_accounts", accounts, (), Cost.MEMORY),
    Method("eth_coinbase", coinbase, (), Cost.MEMORY),
)
