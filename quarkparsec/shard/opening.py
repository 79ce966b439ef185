"""What a block is built upon: the blocks before it, and what its transactions can see of the epoch.

The proposer has it from the master's `Open`; whoever replays a block reads the same from its header.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.types import Epoch, Hash32, Wei
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import from_amount

BlockHash = Callable[[int], Hash32 | None]
"""What BLOCKHASH answers from: the hash of an earlier root block."""


class Opening(NamedTuple):
    """The place of a block in its shard's chain and in the root chain, and its context."""

    parent_hash: Hash32
    """Of this shard's last block."""
    parent_root_hash: Hash32
    """Of the root block of the epoch before."""
    context: BlockContext
    order_seed: Hash32 | None = None
    """What lane 1 is shuffled by; None keeps the pool's order. A body that is replayed has its order."""


def open_block(
    genesis: Genesis, parent_hash: Hash32, message: wire.Open, block_hash: BlockHash
) -> Opening:
    """What the master's `Open` asks for."""
    context = _context(
        genesis,
        message.round.epoch,
        message.timestamp,
        from_amount(message.base_fee),
        Hash32(message.seed),
        block_hash,
    )
    order_seed = Hash32(message.seed) if genesis.shuffle == "seeded" else None
    return Opening(parent_hash, Hash32(message.parent_hash), context, order_seed)


def open_block_again(
    genesis: Genesis, parent_hash: Hash32, header: Header, block_hash: BlockHash
) -> Opening:
    """What the block with `header` was built upon."""
    context = _context(
        genesis, header.number, header.timestamp, header.base_fee, header.prevrandao, block_hash
    )
    return Opening(parent_hash, header.parent_beacon_block_root, context)


def _context(
    genesis: Genesis,
    number: Epoch,
    timestamp: int,
    base_fee: Wei,
    seed: Hash32,
    block_hash: BlockHash,
) -> BlockContext:
    return BlockContext(
        chain_id=genesis.chain_id,
        number=number,
        timestamp=timestamp,
        gas_limit=genesis.gas_limit,
        base_fee=base_fee,
        coinbase=genesis.coinbase,
        prevrandao=seed,
        block_hash=block_hash,
        fork=genesis.fork,
        universal=genesis.universal,
    )
