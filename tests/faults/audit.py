"""Checks the databases of a stopped cluster against one another and against a replay from genesis."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cluster.identity import Identity, load_identity
from cluster.leveldb import LevelDBStore
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.commitments import root_state_root
from quarkparsec.root.genesis_block import open_root_chain
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, ShardId, Wei
from tests.faults.replaying import replay_block


class Audit:
    """The databases of one stopped cluster."""

    def __init__(self, data_dir: Path) -> None:
        self._identity: Final[Identity] = load_identity(data_dir / "cluster.json")
        self._master: Final = LevelDBStore(data_dir / "master")
        self._shards: Final = {
            ShardId(shard): LevelDBStore(data_dir / slave.name / f"shard-{shard:04}")
            for slave in self._identity.config.slaves
            for shard in slave.shards
        }
        self.chain: Final[RootStore] = open_root_chain(self._master, self._identity.genesis)

    @property
    def head(self) -> RootBlock:
        return self.chain.head()

    def close(self) -> None:
        for store in (self._master, *self._shards.values()):
            store.close()

    def check(self) -> None:
        """Raise AssertionError unless shards, root chain, supply and replay agree."""
        head = self.head
        self._check_root_chain(head)
        balances = 0
        for shard_id, store in self._shards.items():
            state = open_shard(store, self._identity.genesis, shard_id)
            summary = head.summaries[shard_id]
            assert summary.shard_header().state_root == state.root
            assert summary.shard_header().number == state.head
            balances += state.own_supply()
            self._check_replay(shard_id, state)
        assert Wei(balances + head.fees_pending) == head.supply

    def _check_root_chain(self, head: RootBlock) -> None:
        """Every root block follows the one before, and its header commits to its body."""
        parent = self.chain.block(Epoch(0))
        assert parent is not None
        for number in range(1, head.number + 1):
            block = self.chain.block(Epoch(number))
            assert block is not None
            assert block.header.parent_hash == parent.hash
            committed = root_state_root(block.summaries, block.fees_pending, block.supply)
            assert block.header.state_root == committed
            assert block.supply == parent.supply - sum(each.burned for each in block.summaries)
            parent = block

    def _check_replay(self, shard_id: ShardId, stored: ShardState) -> None:
        genesis, store = self._identity.genesis, MemoryStore()
        blocks = BlockStore(self._shards[shard_id])
        state = open_shard(store, genesis, shard_id)
        for number in range(1, stored.head + 1):
            block = blocks.block(Epoch(number))
            if block is not None:
                built = replay_block(genesis, self.chain, state, block)
                store.write(built.state.batch, sync=False)
                state.commit(built.state)
        assert state.root == stored.root
