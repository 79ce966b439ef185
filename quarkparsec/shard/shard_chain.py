"""What a shard has committed: its blocks, the state after the last of them, and the root chain's head.

Rounds are built upon it, and a commit moves it on. A split changes which of its entries are its own: the
root chain's head then names twice as many shards as the shard knows of, and before anything is built upon
that head the shard must divide.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import ZERO_HASH
from quarkparsec.errors import Corrupt, invariant
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.committing import commit_batch
from quarkparsec.shard.division import parent_batch
from quarkparsec.shard.open_round import OpenRound, begin_round
from quarkparsec.shard.opening import open_block, open_block_again
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.replay import replay
from quarkparsec.shard.root_head import RootHead
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import Batch, Store
from quarkparsec.types import Epoch, Hash32, ShardId
from quarkparsec.wire import epoch as wire


class ShardChain:
    """The end of a shard's chain."""

    def __init__(self, genesis: Genesis, store: Store, state: ShardState) -> None:
        """Raises Corrupt if the store's last block isn't the one of `state`."""
        self.state: Final = state
        self.blocks: Final = BlockStore(store)
        self.block_hash = self.blocks.head_header(state).hash
        """Of the last block."""
        self.root_head = RootHead(Epoch(0), ZERO_HASH, genesis.base_fee, state.shard_count)
        """The last root block that is applied here; none, until the master has named one."""
        self._genesis: Final = genesis
        self._store: Final = store

    # --- a round

    def is_next(self, round_: wire.Round) -> bool:
        """Whether it is an attempt at the epoch after the head."""
        return round_.epoch == self.root_head.epoch + 1

    def begin(self, event: wire.Open, pool: Pool) -> OpenRound:
        """What the master's `Open` begins."""
        follows = event.parent_hash == self.root_head.root_hash
        is_divided = event.shard_count == self.state.shard_count
        invariant(follows and is_divided, "an epoch follows the root chain's head")
        opening = open_block(self._genesis, self.block_hash, event, self.blocks.root_hash)
        return begin_round(event, opening, self.state, pool)

    def replay(self, block: ShardBlock) -> BuiltBlock:
        """Build a block again that follows the last one. Raises Corrupt."""
        root_hash = self.blocks.root_hash
        opening = open_block_again(self._genesis, self.block_hash, block.header, root_hash)
        return replay(self.state, block, opening)

    # --- a commit

    def head_of(self, message: wire.Welcome | wire.Commit) -> RootHead:
        """The head that the master names. Raises Corrupt unless the root chain can have come there."""
        head = RootHead.of(message)
        if head.epoch < self.root_head.epoch:
            raise Corrupt("the root chain has lost a block that this shard has applied")
        count = self.state.shard_count
        if head.shard_count not in (count, 2 * count):
            raise Corrupt(f"there are {head.shard_count} shards where this one is of {count}")
        return head

    def batch(
        self, head: RootHead, root_hashes: tuple[Hash32, ...], built: BuiltBlock | None
    ) -> Batch:
        """What the root blocks up to `head` change here; `built` is this shard's part of it."""
        return commit_batch(self._store, head.epoch, root_hashes, built)

    def follow(self, head: RootHead, built: BuiltBlock | None) -> None:
        """That batch is written."""
        self.root_head = head
        if built is not None:
            self.state.commit(built.state)
            self.block_hash = built.hash

    # --- a split

    @property
    def must_divide(self) -> bool:
        """Whether the head has split this shard."""
        return self.root_head.shard_count != self.state.shard_count

    @property
    def child_id(self) -> ShardId:
        """The other half's number, once the shard is split."""
        return ShardId(self.state.shard_id + self.state.shard_count)

    def divided_batch(self) -> Batch:
        """What makes this shard one half of itself; the other one stands."""
        return parent_batch(self.state.place)

    def divide(self) -> None:
        """That batch is written."""
        self.state.divide(self.root_head.shard_count)
