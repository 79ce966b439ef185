"""A whole audit: which checks are made for the epochs that somebody asks for.

The root chain is always checked from genesis to the last of these epochs: only so does its supply mean
genesis supply − burned. For each epoch asked for, every shard block in it is compared with its header, and
the state of every shard is either

- rebuilt from the flat tables, back to the oldest epoch that all shards can still show, or
- made again by running every block since genesis, for older epochs and on request.

Either way all own balances and the pending fees must be the supply, to the wei, and of two neighbouring
epochs each shard's balances must differ by what its legs say. A root block that splits the shards is for its
epoch's blocks and legs one of as many shards as before, for the states after it one of twice as many.

The databases are copies: a shard that was killed is brought to the end of its last epoch first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from quarkparsec.audit.bodies import BodyAudit
from quarkparsec.audit.catching_up import catch_up
from quarkparsec.audit.cluster_replay import ClusterReplay
from quarkparsec.audit.findings import Findings
from quarkparsec.audit.legs import EpochLegs
from quarkparsec.audit.money import Money, MoneyAudit
from quarkparsec.audit.reading import read_block
from quarkparsec.audit.root_chain import check_root_chain, fees_credited, is_successor
from quarkparsec.audit.tables import TableAudit, is_shown
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import Corrupt
from quarkparsec.root.blocks import coinbase_home
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.split import undivided
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.state.place import Place
from quarkparsec.state.stored import read_head
from quarkparsec.store import Store
from quarkparsec.types import Epoch, ShardId, Wei

Track = Callable[[str, Sequence[int]], Iterable[int]]
"""What is being done for which epochs → these epochs, one after the other: whoever watches counts them."""


class Databases(NamedTuple):
    """Copies of all databases of a cluster, the root chain's made before the shards'."""

    genesis: Genesis
    master: Store
    shards: Mapping[ShardId, Store]
    at_rest: bool
    """Nobody wrote while they were copied: no shard may be ahead of the root chain."""
    empty_store: Callable[[ShardId], Store]
    """Makes one in which the blocks of a shard are run again."""


class Auditor:
    """One audit of one cluster."""

    def __init__(self, databases: Databases, track: Track) -> None:
        self.findings: Final = Findings()
        self.checked: Final[Counter[str]] = Counter()
        """What was checked, and how many of it."""
        self._genesis: Final = databases.genesis
        self._stores: Final = databases.shards
        self._empty_store: Final = databases.empty_store
        self._at_rest: Final = databases.at_rest
        self._chain: Final = RootStore(databases.master)
        self._track: Final = track
        self._money: Final = MoneyAudit(databases.genesis.supply, self._legs, self.findings)

    @property
    def money(self) -> Money | None:
        """At the last epoch for which all shards could be summed."""
        return self._money.latest

    def head(self) -> Epoch:
        """The last root block. Raises Corrupt if there is none."""
        return self._chain.head().number

    def check(self, first: Epoch, last: Epoch, *, replay: bool) -> None:
        """Check root blocks `first` to `last`, the head at most, and all that they stand for.

        With `replay`, or if the state of `first` is no longer kept, every block up to `last` is run again.
        """
        for shard_id in self._stores:
            self._catch_up(shard_id)
        numbers = self._track("root blocks", range(last + 1))
        check_root_chain(self._chain, self._genesis, numbers, self.findings)
        self.checked["root blocks"] = last + 1
        self._check_bodies(first, last)
        oldest = self._oldest_shown(first, last)
        replay |= first < oldest
        self._check_tables(max(oldest, last if replay else first), last)
        if replay:
            self._replay(first, last)

    # --- at rest

    def _catch_up(self, shard_id: ShardId) -> None:
        store, head = self._stores[shard_id], self._chain.head()
        with self.findings.at(head.number, shard_id, "state") as note:
            catch_up(self._genesis, self._chain, shard_id, store, note)
            ahead = read_head(store).epoch - head.summaries[shard_id].shard_header().number
            if self._at_rest and ahead > 0:
                note(f"the shard is {ahead} epochs ahead of the root chain")

    def _oldest_shown(self, first: Epoch, last: Epoch) -> Epoch:
        """The oldest of these epochs whose state every shard can show; the one after them if there is none."""
        oldest = first
        for shard_id, store in self._stores.items():
            with self.findings.at(self.head(), shard_id, "state"):
                oldest = max(oldest, self._first_shown(shard_id, store, range(first, last + 1)))
        return oldest

    def _first_shown(self, shard_id: ShardId, store: Store, epochs: range) -> Epoch:
        """Once a shard can show an epoch, it can show all later ones."""

        def shows(epoch: int) -> bool:
            root = self._root(epoch)
            return root is None or is_shown(store, shard_id, root)

        return Epoch(epochs.start + bisect_left(epochs, True, key=shows))

    # --- blocks

    def _check_bodies(self, first: Epoch, last: Epoch) -> None:
        for number in self._track("shard blocks", range(max(first, 1), last + 1)):
            epoch = self._epoch(number)
            if epoch is not None:
                self._check_epoch(*epoch)
                root, parent = epoch
                with self.findings.at(root.number, None, "legs") as note:
                    self._legs(root, parent.shard_count).check(note)

    def _check_epoch(self, root: RootBlock, parent: RootBlock) -> None:
        home, fees = coinbase_home(parent), fees_credited(root, parent)
        summaries = undivided(root, parent)
        for shard_id in root.participants:
            with self.findings.at(root.number, shard_id, "block") as note:
                blocks = BlockStore(self._stores[shard_id])
                self.checked["shard blocks"] += 1
                audit = BodyAudit(blocks, summaries[shard_id], note)
                audit.check(fees if shard_id == home else Wei(0))

    def _legs(self, root: RootBlock, shard_count: int) -> EpochLegs:
        """The legs of an epoch that so many shards could take part in. Raises Corrupt."""
        blocks = {
            shard_id: read_block(BlockStore(self._stores[shard_id]), root.number)
            for shard_id in root.participants
        }
        return EpochLegs(blocks, shard_count)

    # --- states

    def _check_tables(self, first: Epoch, last: Epoch) -> None:
        for number in self._track("states", range(first, last + 1)):
            root = self._root(number)
            if root is not None:
                self._money.check(
                    root,
                    {
                        each.shard_id: self._table_sum(root, each.shard_id)
                        for each in root.summaries
                    },
                )

    def _table_sum(self, root: RootBlock, shard_id: ShardId) -> Wei | None:
        """The own balances of a shard, its state being checked; None if they can't be read."""
        self.checked["states"] += 1
        with self.findings.at(root.number, shard_id, "state") as note:
            summary = root.summaries[shard_id]
            place = Place(shard_id, root.shard_count, self._genesis.universal)
            tables = TableAudit(self._stores[shard_id], place, root.number, summary.sweep, note)
            return tables.check(summary.shard_header().state_root)
        return None

    def _replay(self, first: Epoch, last: Epoch) -> None:
        replay = ClusterReplay(
            self._genesis, self._chain, self._stores, self._empty_store, self.findings
        )
        for number in self._track("blocks run again", range(1, last + 1)):
            epoch = self._epoch(number)
            if epoch is None:
                return
            root, parent = epoch
            self.checked["blocks run again"] += replay.follow(root, parent)
            if number < first:
                self._money.remember(root.number, replay.sums)
            else:
                self._money.check(root, replay.sums)

    def _epoch(self, number: int) -> tuple[RootBlock, RootBlock] | None:
        """A root block and its parent; None if one of them can't be used, or doesn't fit the other."""
        root, parent = self._root(number), self._root(number - 1)
        if root is None or parent is None or not is_successor(root, parent):
            return None
        return root, parent

    def _root(self, number: int) -> RootBlock | None:
        """A root block; None if it can't be used, which is a finding of the root chain's.

        It is missing or unreadable, or tells of shards that there aren't even now.
        """
        try:
            root = self._chain.block(Epoch(number))
        except Corrupt:
            return None
        return root if root is not None and root.shard_count <= len(self._stores) else None
