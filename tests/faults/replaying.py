"""Runs a stored block again, with what it saw taken from the root chain."""

from __future__ import annotations

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.opening import open_block_again
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

    opening = open_block_again(genesis, header.parent_hash, header, block_hash)
    return replay(state, block, opening)
