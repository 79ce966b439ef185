"""eth_*: what gas costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import Height, Tag, parse_height
from quarkparsec.jsonrpc.arguments.percentiles import parse_percentiles
from quarkparsec.jsonrpc.arguments.scalars import parse_count
from quarkparsec.jsonrpc.fees import (
    BLOB_BASE_FEE,
    SUGGESTION_BLOCKS,
    block_rewards,
    fee_history_view,
    suggested_tip,
)
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.rpc_error import invalid_params
from quarkparsec.jsonrpc.views.place import participating
from quarkparsec.limits import FEE_HISTORY_BLOCKS_MAX, FEE_HISTORY_REWARD_BLOCKS_MAX
from quarkparsec.types import Epoch, Wei


async def gas_price(node: Node) -> str:
    """The next block's base fee and a suggested priority fee."""
    return quantity(base_fee_after(node.head().header) + await _tip(node))


async def max_priority_fee_per_gas(node: Node) -> str:
    """A priority fee that gets a transaction into one of the next blocks."""
    return quantity(await _tip(node))


async def base_fee(node: Node) -> str:
    """The next block's base fee."""
    return quantity(base_fee_after(node.head().header))


async def blob_base_fee(_node: Node) -> str:
    """The least possible: there are no blobs."""
    return quantity(BLOB_BASE_FEE)


async def fee_history(
    node: Node, count: int, newest: Height, percentiles: tuple[float, ...]
) -> dict[str, Any]:
    """Base fees, fullness and paid priority fees of the blocks up to `newest`."""
    head = node.head().header.number
    last = head if isinstance(newest, Tag) else newest
    if last > head:
        raise invalid_params(f"request beyond head block: requested {last}, head {head}")
    if not count:
        return {"oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": []}
    count_max = FEE_HISTORY_REWARD_BLOCKS_MAX if percentiles else FEE_HISTORY_BLOCKS_MAX
    first = max(0, last + 1 - min(count, count_max))
    blocks = await node.root_blocks([Epoch(epoch) for epoch in range(first, last + 1)])
    rewards = await _rewards(node, blocks, percentiles) if percentiles else None
    return fee_history_view(blocks, rewards)


async def _tip(node: Node) -> Wei:
    head = node.head().header.number
    first = max(0, head + 1 - SUGGESTION_BLOCKS)
    return suggested_tip(await node.root_blocks(list(map(Epoch, range(first, head + 1)))))


async def _rewards(
    node: Node, blocks: Sequence[RootBlock], percentiles: Sequence[float]
) -> list[list[str]]:
    joined = [participating(block) for block in blocks]
    found = iter(await node.receipts([block_id for some in joined for block_id in some]))
    receipts = [[receipt for _ in some for receipt in next(found)] for some in joined]
    return [
        block_rewards(block, some, percentiles)
        for block, some in zip(blocks, receipts, strict=True)
    ]


METHODS: Final = (
    Method("eth_gasPrice", gas_price, (), Cost.LOOKUP),
    Method("eth_maxPriorityFeePerGas", max_priority_fee_per_gas, (), Cost.LOOKUP),
    Method("eth_baseFee", base_fee, (), Cost.MEMORY),
    Method("eth_blobBaseFee", blob_base_fee, (), Cost.MEMORY),
    Method(
        "eth_feeHistory",
        fee_history,
        (
            Argument("block count", parse_count),
            Argument("newest block", parse_height),
            Argument("reward percentiles", parse_percentiles, ()),
        ),
        Cost.SEARCH,
    ),
)
