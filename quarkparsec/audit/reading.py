"""A whole block out of a shard's rows, which somebody may have taken away some of."""

from __future__ import annotations

from quarkparsec.chain.block import ShardBlock
from quarkparsec.errors import Corrupt
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.types import Epoch


def read_block(blocks: BlockStore, epoch: Epoch) -> ShardBlock:
    """Block `epoch`. Raises Corrupt if it isn't there, or lacks transactions that its legs count."""
    block = blocks.block(epoch)
    if block is None:
        raise Corrupt("the shard doesn't have its block")
    if block.in_shard_count < 0:
        raise Corrupt("the block has more calls and transfers than transactions")
    return block
