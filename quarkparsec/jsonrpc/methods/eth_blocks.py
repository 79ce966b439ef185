"""eth_*: blocks, as the cluster shows them. What isn't there is null, never an error."""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import (
    BlockReference,
    find_block,
    parse_block,
    parse_height,
)
from quarkparsec.jsonrpc.arguments.scalars import parse_bool, parse_hash, parse_uint64
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.views.block import block_view
from quarkparsec.jsonrpc.views.place import participating, transaction_count
from quarkparsec.jsonrpc.views.receipt import block_receipts_view

_HASH: Final = Argument("block hash", parse_hash)
_HEIGHT: Final = Argument("block", parse_height)
_FULL: Final = Argument("full transactions", parse_bool)
_INDEX: Final = Argument("index", parse_uint64)


async def get_block(node: Node, which: BlockReference, full: bool) -> dict[str, Any] | None:
    """A block with its transactions, or with only their hashes."""
    block = await find_block(node, which)
    if block is None:
        return None
    return block_view(block, await node.shard_blocks(participating(block)), full)


async def get_block_receipts(node: Node, which: BlockReference) -> list[dict[str, Any]] | None:
    """All receipts of a block."""
    block = await find_block(node, which)
    if block is None:
        return None
    joined = participating(block)
    shard_blocks = await node.shard_blocks(joined)
    return block_receipts_view(block, shard_blocks, await node.receipts(joined))


async def get_transaction_count(node: Node, which: BlockReference) -> str | None:
    """How many transactions a block has."""
    block = await find_block(node, which)
    return None if block is None else quantity(transaction_count(block))


async def get_uncle_count(node: Node, which: BlockReference) -> str | None:
    """Always 0: there are no uncles."""
    return None if await find_block(node, which) is None else quantity(0)


async def get_uncle(_node: Node, _which: BlockReference, _index: int) -> None:
    """Always null: there are no uncles."""


METHODS: Final = (
    Method("eth_getBlockByHash", get_block, (_HASH, _FULL), Cost.BLOCK),
    Method("eth_getBlockByNumber", get_block, (_HEIGHT, _FULL), Cost.BLOCK),
    Method(
        "eth_getBlockReceipts", get_block_receipts, (Argument("block", parse_block),), Cost.BLOCK
    ),
    Method("eth_getBlockTransactionCountByHash", get_transaction_count, (_HASH,), Cost.LOOKUP),
    Method("eth_getBlockTransactionCountByNumber", get_transaction_count, (_HEIGHT,), Cost.LOOKUP),
    Method("eth_getUncleCountByBlockHash", get_uncle_count, (_HASH,), Cost.LOOKUP),
    Method("eth_getUncleCountByBlockNumber", get_uncle_count, (_HEIGHT,), Cost.LOOKUP),
    Method("eth_getUncleByBlockHashAndIndex", get_uncle, (_HASH, _INDEX), Cost.MEMORY),
    Method("eth_getUncleByBlockNumberAndIndex", get_uncle, (_HEIGHT, _INDEX), Cost.MEMORY),
)
