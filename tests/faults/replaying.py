"""Runs a stored block again, with what it saw taken from the root chain."""

from __future__ import annotations

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.shard.block_builder import BuiltBlock, Opening
from quarkparsec.shard.replay import replay
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import Epoch, Hash32


def replay_block(
    genesis: Genesis, chain: RootStore, state: ShardState, block: ShardBlock
) -> BuiltBlock:
    """Build `block` again on `state`. Raises Corrupt if another header comes out."""
    header = block.header

    def block_hash(number: int) -> Hash32 | None:
        if not max(0, header.number - 256) <= number < header.number:
            return None
        root = chain.block(Epoch(number))
        return None if root is None else root.hash

    context = BlockContext(
        chain_id=genesis.chain_id,
        number=header.number,
        timestamp=header.timestamp,
        gas_limit=genesis.gas_limit,
        base_fee=header.base_fee,
        coinbase=genesis.coinbase,
        prevrandao=header.prevrandao,
        block_hash=block_hash,
        fork=genesis.fork,
        universal=genesis.universal,
    )
    opening = Opening(
        state.shard_id, header.parent_hash, header.parent_beacon_block_root, context
    )
    return replay(state, block, opening)
