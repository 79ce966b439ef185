"""A shard's blocks, run again one after the other from genesis: each must give its header again.

What a block saw comes from the root chain. The state is built in a store of its own, so that nothing is
taken over from what the shard has stored but the bodies. Where the root chain splits the shard, that state is
divided, too: the other half's blocks go on with a copy of it, and both are swept as their blocks say.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.audit.findings import Note
from quarkparsec.audit.reading import read_block
from quarkparsec.chain.block import ShardBlock, ShardSummary
from quarkparsec.chain.genesis import Genesis
from quarkparsec.limits import AUDIT_ROWS_AT_ONCE, BLOCK_HASH_WINDOW
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.division import child_batch, parent_batch
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.opening import open_block_again
from quarkparsec.shard.replay import replay
from quarkparsec.state.account import Account
from quarkparsec.state.shard_state import SealedState, ShardState
from quarkparsec.store import Batch, Reader, Store
from quarkparsec.types import Epoch, Hash32, ShardId, Wei


def replay_block(
    genesis: Genesis, chain: RootStore, state: ShardState, block: ShardBlock
) -> BuiltBlock:
    """Build `block` again on `state`. Raises Corrupt if another header comes out."""
    header = block.header

    def block_hash(number: int) -> Hash32 | None:
        if not max(0, header.number - BLOCK_HASH_WINDOW) <= number < header.number:
            return None
        root = chain.block(Epoch(number))
        return None if root is None else root.hash

    opening = open_block_again(genesis, header.parent_hash, header, block_hash)
    return replay(state, block, opening)


class ShardReplay:
    """One shard, followed from genesis, or from the split that made it, along the root chain."""

    def __init__(
        self,
        genesis: Genesis,
        chain: RootStore,
        shard_id: ShardId,
        blocks: BlockStore,
        store: Store,
    ) -> None:
        """`blocks` are what the shard has stored; its state is built anew in `store`.

        That is empty, or what `divide` has made.
        """
        self._genesis: Final = genesis
        self._chain: Final = chain
        self._shard_id: Final = shard_id
        self._blocks: Final = blocks
        self._store: Final = store
        self._state: Final = open_shard(store, genesis, shard_id)
        self.balances = self._state.own_supply()
        """Of all own entries, as of the last root block that was followed."""

    def follow(self, epoch: Epoch, summary: ShardSummary, note: Note) -> None:
        """Run the shard's block of an epoch in which it took part. Raises Corrupt if another comes out.

        `summary` is what the shard reported of it.
        """
        block = read_block(self._blocks, epoch)
        built = replay_block(self._genesis, self._chain, self._state, block)
        if built.summary != summary:
            note("the replayed block has another summary than the root block")
        if built.receipts != self._blocks.receipts(epoch):
            note("the replayed block has other receipts")
        self.balances = Wei(self.balances + self._gained(built.state))
        self._store.write(built.state.batch, sync=False)
        self._state.commit(built.state)

    def divide(self, born: Epoch, blocks: BlockStore, store: Store) -> ShardReplay:
        """Root block `born` has split the shard: the other half, whose blocks and empty store are given."""
        whole = self._state.place
        own, other = whole.halves()
        _copy_rows(self._store, store)
        store.write(child_batch(whole, born), sync=False)
        self._store.write(parent_batch(whole), sync=False)
        self._state.divide(own.shard_count)
        self.balances = self._state.own_supply()
        return ShardReplay(self._genesis, self._chain, other.shard_id, blocks, store)

    def _gained(self, sealed: SealedState) -> int:
        """By how much the own balances grow when the head goes on to `sealed`."""
        return sum(
            self._own_balance(after) - self._own_balance(self._state.account(recipient))
            for recipient, after in sealed.accounts.items()
        )

    def _own_balance(self, account: Account | None) -> int:
        return account.balance if account is not None and self._state.is_own(account) else 0


def _copy_rows(source: Reader, target: Store) -> None:
    batch: Batch = {}
    for key, row in source.scan(b"", b"\xff"):
        batch[key] = row
        if len(batch) == AUDIT_ROWS_AT_ONCE:
            target.write(batch, sync=False)
            batch = {}
    target.write(batch, sync=False)
