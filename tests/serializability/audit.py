"""All checks over a history, epoch by epoch: as it happens in a simulation, or as databases hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from quarkparsec.chain.block import SWEPT, RootBlock, ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.store import MemoryStore, Reader
from quarkparsec.types import Epoch, ShardId
from tests.serializability.comparison import Comparison
from tests.serializability.conflicts import ConflictGraph, find_cycle
from tests.serializability.matching import EpochOfShards, Matching
from tests.serializability.replicas import Replicas
from tests.serializability.step import Place, Step
from tests.serializability.violation import Violation, require

LiveOrder = Mapping[ShardId, list[Place]]
"""The places of a shard's legs of lane 2 in the order in which it made them, where that is known."""


class Audit:
    """Follows a root chain from its genesis block on."""

    def __init__(
        self,
        genesis: Genesis,
        root: RootBlock,
        contents: Mapping[ShardId, MemoryStore],
        *,
        is_plain: bool,
    ) -> None:
        """`is_plain`: whether one plain chain must come to the same ends."""
        self.roots: Final = [root]
        self.replicas: Final = Replicas(genesis, contents)
        self.graph: Final = ConflictGraph()
        self._matching: Final = Matching()
        self._comparison: Final = Comparison(self.replicas) if is_plain else None

    def follow(
        self,
        root: RootBlock,
        blocks: Mapping[ShardId, ShardBlock],
        live_order: LiveOrder | None = None,
    ) -> None:
        """Take in the next root block, with the blocks of its participants. Raises Violation."""
        require(root.header.parent_hash == self.roots[-1].hash, "the root chain is broken")
        require(tuple(sorted(blocks)) == root.participants, "a participant's block is missing")
        reexecutions = self.replicas.apply(blocks, lambda number: self.roots[number].hash)
        shard_count = self.replicas.shard_count
        self._matching.check(EpochOfShards(blocks, reexecutions, shard_count))
        for shard_id, each in reexecutions.items():
            for step in in_live_order(each.steps, (live_order or {}).get(shard_id)):
                self.graph.add(shard_id, step.place, step.access)
        if self._comparison is not None:
            hashes = [block.hash for block in reversed(self.roots)]
            self._comparison.follow(root, hashes, reexecutions)
        self._check_money(root)
        if root.shard_count != shard_count:
            self._split(root)
        self.roots.append(root)
        self._check_root(root)

    def _split(self, root: RootBlock) -> None:
        require(root.shard_count == 2 * self.replicas.shard_count, "shards are split in two")
        is_swept = all(each.sweep == SWEPT for each in self.roots[-1].summaries)
        require(is_swept, "shards are split before they are swept")
        self.replicas.split(root.number)
        self._check_money(root)

    def finish(self) -> None:
        """What can be said in the end only."""
        self.replicas.check_nonces()
        require(not find_cycle(self.graph.edges), "transactions depend on one another in a circle")

    def _check_root(self, root: RootBlock) -> None:
        require(len(root.summaries) == len(self.replicas.shards), "a shard has no summary")
        for shard_id, replica in self.replicas.shards.items():
            named = root.summaries[shard_id]
            require(replica.block_hash == named.block_hash, "a root block names another block")
            require(replica.state.sweep == named.sweep, "a sweep is said to be elsewhere")
        self.replicas.check_places()

    def _check_money(self, root: RootBlock) -> None:
        money = self.replicas.own_balances() + root.fees_pending
        require(money == root.supply, "money is lost or made")


def in_live_order(steps: list[Step], live_order: list[Place] | None) -> list[Step]:
    """A shard's steps with those of lane 2 as they were made. Raises Violation if they aren't the same."""
    if live_order is None:
        return steps
    legs = [step for step in steps if step.leg is not None]
    require(sorted(live_order) == [step.place for step in legs], "a leg isn't in the block")
    by_place: dict[Place, list[Step]] = {}
    for step in legs:
        by_place.setdefault(step.place, []).append(step)
    ordered = iter([by_place[place].pop(0) for place in live_order])
    return [step if step.leg is None else next(ordered) for step in steps]


def audit_databases(
    genesis: Genesis, root_chain: Reader, shards: Mapping[ShardId, Reader], *, is_plain: bool
) -> Audit:
    """Check everything that a stopped cluster has committed. Raises Violation."""
    chain = RootStore(root_chain)
    first = chain.block(Epoch(0))
    require(first is not None, "the root chain has no beginning")
    assert first is not None
    first_shards = map(ShardId, range(genesis.shard_count))
    contents = {shard_id: _beginning(genesis, shard_id) for shard_id in first_shards}
    audit = Audit(genesis, first, contents, is_plain=is_plain)
    for number in range(1, chain.head().number + 1):
        root = chain.block(Epoch(number))
        require(root is not None, "the root chain has a gap")
        assert root is not None
        blocks = {
            shard_id: committed_block(shards[shard_id], root, shard_id)
            for shard_id in root.participants
        }
        audit.follow(root, blocks)
    audit.finish()
    return audit


def committed_block(reader: Reader, root: RootBlock, shard_id: ShardId) -> ShardBlock:
    """A participant's block, applied or still only sealed. Raises Violation if it is gone."""
    wanted, blocks = root.summaries[shard_id].block_hash, BlockStore(reader)
    record = blocks.sealed_record()
    for block in (record.block if record else None, blocks.block(root.number)):
        if block is not None and block.hash == wanted:
            return block
    raise Violation("a block is committed that its shard can lose")


def _beginning(genesis: Genesis, shard_id: ShardId) -> MemoryStore:
    store = MemoryStore()
    open_shard(store, genesis, shard_id)
    return store
