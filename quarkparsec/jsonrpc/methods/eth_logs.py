"""eth_getLogs: logs of a block or of a range of blocks, in the cluster's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import Height, Tag, find_block
from quarkparsec.jsonrpc.arguments.log_query import LogQuery, parse_log_query
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import FoundLog, Node
from quarkparsec.jsonrpc.rpc_error import (
    LIMIT_EXCEEDED,
    SERVER_ERROR,
    RpcError,
    invalid_params,
)
from quarkparsec.jsonrpc.views.place import BlockMark, Place, mark, places
from quarkparsec.jsonrpc.views.receipt import log_view
from quarkparsec.limits import LOG_RANGE_BLOCKS_MAX
from quarkparsec.types import Epoch, ShardId


async def get_logs(node: Node, query: LogQuery) -> list[dict[str, Any]]:
    """The logs that match a filter."""
    first, last = await _range(node, query)
    if first > last:
        return []
    if last - first >= LOG_RANGE_BLOCKS_MAX:
        raise RpcError(
            LIMIT_EXCEEDED,
            f"block range too wide: {last - first + 1} blocks, at most {LOG_RANGE_BLOCKS_MAX}",
        )
    return await _views(node, await node.logs(query.wanted, Epoch(first), Epoch(last)))


async def _range(node: Node, query: LogQuery) -> tuple[int, int]:
    """The first and the last epoch; nothing to look at if the first is the later one."""
    if query.block_hash is not None:
        block = await find_block(node, query.block_hash)
        if block is None:
            raise RpcError(SERVER_ERROR, "unknown block")
        return block.number, block.number
    head = node.head().header.number
    first, last = _number(query.first, head), _number(query.last, head)
    # A poller that asks from the block after the head to the latest one is early, not wrong.
    if first > last and not isinstance(query.last, Tag):
        raise invalid_params("invalid block range params")
    if last > head:
        raise invalid_params("block range extends beyond current head block")
    return first, last


def _number(height: Height, head: int) -> int:
    return head if isinstance(height, Tag) else height


async def _views(node: Node, found: Sequence[FoundLog]) -> list[dict[str, Any]]:
    epochs = sorted({each.block.epoch for each in found})
    blocks = await node.root_blocks(epochs)
    where = {block.number: (mark(block), dict(places(block))) for block in blocks}
    return [_view(each, *where[each.block.epoch]) for each in found]


def _view(found: FoundLog, block: BlockMark, starts: dict[ShardId, Place]) -> dict[str, Any]:
    start = starts[found.block.shard_id]
    index = quantity(start.transactions + found.transaction_index)
    transaction_hash = data(found.transaction_hash)
    return log_view(found.log, block, transaction_hash, index, start.logs + found.log_index)


METHODS: Final = (
    Method("eth_getLogs", get_logs, (Argument("filter", parse_log_query),), Cost.SEARCH),
)
