"""A copy of a shard does again what the shard did since: its blocks, one after the other, from their bodies.

A copy is somewhere on the root chain, as the shard was when it was copied. Each block is run upon the copy's
state and must give its own header, and that must follow the root chain. So once the copy's last block is
the one that the root chain names, all of the copy's state is what the cluster agreed upon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.errors import Corrupt, invariant
from quarkparsec.limits import BLOCK_HASH_WINDOW
from quarkparsec.shard.block_rows import root_batch, starts_batch
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.committing import commit_batch
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.opening import open_block_again
from quarkparsec.shard.replay import replay
from quarkparsec.store import Store
from quarkparsec.types import Epoch, Hash32, ShardId


class RootPlace(NamedTuple):
    """Where on the root chain a copy is."""

    epoch: Epoch
    root_hash: Hash32


class Follower:
    """A copy of a shard, as it stands in a store."""

    def __init__(self, genesis: Genesis, shard_id: ShardId, store: Store) -> None:
        """Raises Corrupt unless the store holds a shard that has been on the root chain."""
        self._genesis: Final = genesis
        self._store: Final = store
        self._blocks: Final = BlockStore(store)
        self._state: Final = open_shard(store, genesis, shard_id)
        self._header = self._blocks.head_header(self._state)
        self._root = _last_root(self._blocks)

    @property
    def header(self) -> Header:
        """Of the shard's last block here."""
        return self._header

    @property
    def root(self) -> RootPlace:
        """The last root block that is known here."""
        return self._root

    def first_missing(self, block: ShardBlock) -> Epoch:
        """The first root block whose hash is needed to follow `block`; the last is the block's own."""
        oldest = block.header.number - BLOCK_HASH_WINDOW
        return Epoch(max(self._root.epoch + 1, oldest))

    def follow(self, block: ShardBlock, root_hashes: Sequence[Hash32]) -> None:
        """Run the next block and write what it does. Raises Corrupt.

        `root_hashes` are those from `first_missing` to the block's epoch.
        """
        header = block.header
        invariant(header.number > self._header.number, "blocks are followed in their order")
        before, last = root_hashes[:-1], root_hashes[-1]
        self._store.write(root_batch(self._store, Epoch(header.number - 1), before), sync=False)
        parents = header.parent_hash, header.parent_beacon_block_root
        if parents != (self._header.hash, self._blocks.root_hash(header.number - 1)):
            raise Corrupt(f"block {header.number} doesn't follow what is here")
        opening = open_block_again(
            self._genesis, header.parent_hash, header, self._blocks.root_hash
        )
        built = replay(self._state, block, opening)
        self._store.write(commit_batch(self._store, header.number, (last,), built), sync=False)
        self._state.commit(built.state)
        self._header, self._root = header, RootPlace(header.number, last)

    def settle(self) -> None:
        """Make everything so far durable."""
        self._store.write(starts_batch(self._blocks.starts()), sync=True)


def _last_root(blocks: BlockStore) -> RootPlace:
    last = blocks.last_root()
    if last is None:
        raise Corrupt("the shard has never been on the root chain")
    return RootPlace(*last)
