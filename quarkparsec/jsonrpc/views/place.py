"""Where things stand in the cluster's view of an epoch.

At the cluster URL, block e is the root block with the transactions of all participating shards, in shard
order. A shard counts transactions, logs and gas from its own block's start; in the view they're counted
from the root block's. `places` gives the distance for each shard, from the summaries alone. Shards that
were carried over contribute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.header import Header
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.node import BlockId
from quarkparsec.types import Gas, ShardId, Wei


class Place(NamedTuple):
    """What the view has before a shard's first transaction."""

    transactions: int
    logs: int
    gas: Gas


class BlockMark(NamedTuple):
    """What everything within a block repeats about it, spelled once."""

    hash: str
    number: str
    timestamp: str
    base_fee: Wei


def places(block: RootBlock) -> Iterator[tuple[ShardId, Place]]:
    """The place of each participating shard, in shard order."""
    transactions, logs, gas = 0, 0, 0
    for shard_id in block.participants:
        yield shard_id, Place(transactions, logs, Gas(gas))
        summary = block.summaries[shard_id]
        transactions += summary.transaction_count
        logs += summary.log_count
        gas += _gas_used(summary.header)


def place_of(block: RootBlock, wanted: ShardId) -> Place:
    """The place of one participating shard; reads only the summaries before it."""
    return next(place for shard_id, place in places(block) if shard_id == wanted)


def transaction_count(block: RootBlock) -> int:
    """How many transactions the view has."""
    return sum(block.summaries[shard_id].transaction_count for shard_id in block.participants)


def participating(block: RootBlock) -> list[BlockId]:
    """The shard blocks that the root block joins, in shard order."""
    return [BlockId(shard_id, block.number) for shard_id in block.participants]


def mark(block: RootBlock) -> BlockMark:
    """The block's hash, number and time as everything within it shows them."""
    header = block.header
    return BlockMark(
        data(header.hash), quantity(header.number), quantity(header.timestamp), header.base_fee
    )


@lru_cache(maxsize=1024)
def _gas_used(encoded_header: bytes) -> Gas:
    """Remembered, because wallets ask for the receipts of the same few blocks again and again."""
    return Header.decode(encoded_header).gas_used
