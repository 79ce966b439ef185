"""All shards of a cluster, run again side by side along the root chain: where it splits them, they divide.

A shard whose replay can't go on is given up, and so is what is split off from it; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from quarkparsec.audit.findings import Findings
from quarkparsec.audit.money import Sums
from quarkparsec.audit.replaying import ShardReplay
from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.split import undivided
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.store import Store
from quarkparsec.types import Epoch, ShardId


class ClusterReplay:
    """The replays of all shards, at one root block after the other."""

    def __init__(
        self,
        genesis: Genesis,
        chain: RootStore,
        stores: Mapping[ShardId, Store],
        empty_store: Callable[[ShardId], Store],
        findings: Findings,
    ) -> None:
        """`stores` hold the blocks; `empty_store` makes a store in which a shard's are run again."""
        self._stores: Final = stores
        self._empty_store: Final = empty_store
        self._findings: Final = findings
        self._replays: dict[ShardId, ShardReplay | None] = {}
        for shard_id in map(ShardId, range(genesis.shard_count)):
            self._replays[shard_id] = ShardReplay(
                genesis, chain, shard_id, BlockStore(stores[shard_id]), empty_store(shard_id)
            )

    @property
    def sums(self) -> Sums:
        """The own balances of each shard, as of the last root block that was followed."""
        return {
            each: None if replay is None else replay.balances
            for each, replay in self._replays.items()
        }

    def follow(self, root: RootBlock, parent: RootBlock) -> int:
        """Run what the shards did in the epoch of `root`; how many blocks that were."""
        summaries = undivided(root, parent)
        run = sum(self._follow(root.number, summaries[each]) for each in root.participants)
        if root.shard_count != parent.shard_count:
            for shard_id in map(ShardId, range(parent.shard_count)):
                self._divide(root.number, shard_id, ShardId(shard_id + parent.shard_count))
        return run

    def _follow(self, epoch: Epoch, summary: ShardSummary) -> bool:
        replay = self._replays[summary.shard_id]
        if replay is None:
            return False
        self._replays[summary.shard_id] = None
        with self._findings.at(epoch, summary.shard_id, "replay") as note:
            replay.follow(epoch, summary, note)
            self._replays[summary.shard_id] = replay
        return True

    def _divide(self, born: Epoch, shard_id: ShardId, half: ShardId) -> None:
        replay = self._replays[shard_id]
        blocks = BlockStore(self._stores[half])
        self._replays[half] = replay and replay.divide(born, blocks, self._empty_store(half))
