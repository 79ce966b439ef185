"""A real history to plant faults in: what a simulated cluster made of the small piece of work."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, ShardId
from tests.serializability.audit import Audit, audit_databases, committed_block
from tests.serializability.matching import EpochOfShards
from tests.serializability.replicas import Replicas
from tests.simulation.faults import Faults
from tests.simulation.scenery import contents_of
from tests.simulation.small_work import SEED, SHARD_COUNT, work
from tests.simulation.world import Machines, World


class History(NamedTuple):
    """Copies of all databases."""

    genesis: Genesis
    root_chain: MemoryStore
    shards: dict[ShardId, MemoryStore]

    @property
    def roots(self) -> list[RootBlock]:
        chain = RootStore(self.root_chain)
        blocks = [chain.block(Epoch(number)) for number in range(chain.head().number + 1)]
        return [block for block in blocks if block is not None]

    def blocks(self, root: RootBlock) -> dict[ShardId, ShardBlock]:
        """Of the participants."""
        return {
            shard_id: committed_block(self.shards[shard_id], root, shard_id)
            for shard_id in root.participants
        }

    def audit(self) -> Audit:
        """All checks. Raises Violation."""
        return audit_databases(self.genesis, self.root_chain, self.shards, is_plain=True)

    def replicas(self) -> Replicas:
        """At genesis."""
        _, contents = contents_of(SHARD_COUNT)
        return Replicas(self.genesis, dict(zip(self.shards, contents, strict=True)))

    def busiest(self) -> tuple[EpochOfShards, Replicas, RootBlock]:
        """The epoch in which everything happens, executed again, and the replicas after it."""
        replicas, roots, last = self.replicas(), self.roots, self.busiest_root
        for root in roots[1 : last.number]:
            replicas.apply(self.blocks(root), lambda number: roots[number].hash)
        blocks = self.blocks(last)
        found = replicas.apply(blocks, lambda number: roots[number].hash)
        return EpochOfShards(blocks, found, SHARD_COUNT), replicas, last

    @property
    def busiest_root(self) -> RootBlock:
        """With the most legs."""
        return max(self.roots[1:], key=self._legs)

    def _legs(self, root: RootBlock) -> int:
        return sum(len(block.legs.tickets) for block in self.blocks(root).values())


@cache
def _run() -> World:
    world = World(SEED, Machines(), Faults(), work(), shuffle="none")
    world.run()
    return world


def history() -> History:
    """A fresh copy each time."""
    world = _run()
    shards = {shard_id: process.disk.snapshot() for shard_id, process in world.shards.items()}
    return History(world.genesis, world.master.disk.snapshot(), shards)
