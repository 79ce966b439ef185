"""The promises, checked while a run goes on.

They are checked against reference replicas that only ever execute committed bodies, in order, from genesis:

- a root block that became durable stays, follows its parent, and there is one for each epoch;
- before it is durable, the block of every participant is;
- its bodies pass every check of `tests.serializability.audit`: they replay to the same headers, no money
  appears or is lost, no ticket is done by halves, the fingerprint order is a serial one;
- a receipt is shown only for what a durable root block holds, and is shown for ever;
- a shard at root block e has exactly the state that root block e names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Rejected
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_rows import TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.states import Sealed, Storing
from quarkparsec.store import Reader
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, home_key, shard_of
from tests.serializability.audit import Audit, committed_block
from tests.serializability.step import TICKETS, Place
from tests.serializability.violation import Violation, require

if TYPE_CHECKING:
    from tests.simulation.disk import Disk


class Checker:
    """Watches the disks and what the machines announce."""

    def __init__(self, audit: Audit, root_disk: Disk, shards: Mapping[ShardId, Disk]) -> None:
        self.audit: Final = audit
        self.acknowledged: Final[dict[Hash32, tuple[ShardId, TransactionPlace]]] = {}
        """Every transaction whose receipt was once there to be read."""
        self._live_orders: Final[dict[Hash32, list[Place]]] = {}
        """Of the legs of each sealed block."""
        self._root_disk: Final = root_disk
        self._shards: Final = shards

    @property
    def roots(self) -> list[RootBlock]:
        """The root chain as far as it was seen durable."""
        return self.audit.roots

    def follow_roots(self) -> None:
        """Take in every root block that is durable by now."""
        chain = RootStore(self._root_disk.safe)
        last = chain.head()
        head = last.number
        known = chain.topology().shard_count
        require(known == last.shard_count, "it isn't said where the shards are that there are")
        require(head >= self.roots[-1].number, "a durable root block is gone")
        while self.roots[-1].number < head:
            block = chain.block(Epoch(self.roots[-1].number + 1))
            require(block is not None, "the root chain has a gap")
            assert block is not None
            self._take(block)

    def root_announced(self, block: RootBlock) -> None:
        """The master says that an epoch is committed."""
        self.follow_roots()
        require(block.number < len(self.roots), "a commit is announced before it is durable")
        require(self.roots[block.number].hash == block.hash, "two root blocks for one epoch")

    def shard_announced(self, shard_id: ShardId, block: ShardBlock) -> None:
        """A shard shows a block with its receipts."""
        self.follow_roots()
        require(block.number < len(self.roots), "receipts are shown before the commit point")
        committed = self.roots[block.number].summaries[shard_id].block_hash
        require(committed == block.hash, "receipts are shown of a block that isn't committed")
        for position, entry in enumerate(block.entries):
            place = TransactionPlace(block.number, position)
            known = self.acknowledged.setdefault(keccak(entry.raw), (shard_id, place))
            require(known == (shard_id, place), "a transaction is executed twice")

    def shard_at(self, shard_id: ShardId, machine: ShardMachine) -> None:
        """A shard has applied another root block."""
        self.follow_roots()
        epoch = machine.root_head.epoch
        require(epoch < len(self.roots), "a shard is ahead of the root chain")
        root = self.roots[epoch]
        require(root.hash == machine.root_head.root_hash, "a shard follows another root chain")
        summary = root.summaries[shard_id]
        header = machine.blocks.head_header(machine.shard_state)
        require(header.hash == summary.block_hash, "a shard's last block is another")
        state_root = summary.shard_header().state_root
        require(machine.shard_state.root == state_root, "a shard's state is another")
        self._is_half(shard_id, machine, root)

    def _is_half(self, shard_id: ShardId, machine: ShardMachine, root: RootBlock) -> None:
        """A shard is one of as many as the root chain says, and the one that it was split from or into is there."""
        count = root.shard_count
        require(machine.shard_state.shard_count == count, "a shard is of another number of shards")
        require(
            machine.shard_state.sweep == root.summaries[shard_id].sweep, "a sweep is elsewhere"
        )
        other_half = ShardId(shard_id ^ count // 2)
        is_first = count == self.audit.replicas.genesis.shard_count
        require(
            is_first or other_half in self._shards, "a shard goes on before its other half stands"
        )
        strangers = [
            item
            for item in machine.pool
            if shard_of(item.transaction.origin_key, count) != shard_id
        ]
        require(not strangers, "transactions of the other half stay in a pool")

    def shard_came_back(self, shard_id: ShardId, reader: Reader) -> None:
        """A shard runs again and shows what is on its disk, announced or not."""
        self.follow_roots()
        self.receipts_are_there(shard_id, reader)
        store = BlockStore(reader)
        for root in self.roots:
            block = store.block(root.number) if shard_id in root.participants else None
            if block is not None:
                self.shard_announced(shard_id, block)

    def receipts_are_there(self, shard_id: ShardId, reader: Reader) -> None:
        """Whatever was acknowledged here can still be read."""
        store = BlockStore(reader)
        for transaction_hash, (owner, place) in self.acknowledged.items():
            if owner != shard_id:
                require(store.place(transaction_hash) is None, "two shards show a transaction")
            else:
                require(store.place(transaction_hash) == place, "an acknowledged receipt is lost")
                require(store.transaction(place), "an acknowledged transaction is lost")

    def nothing_is_taken_again(
        self, machine: ShardMachine | None, transactions: Iterable[Transaction]
    ) -> None:
        """What was executed anywhere is refused."""
        assert machine is not None
        for transaction in transactions:
            candidate = Candidate(transaction, home_key(transaction.sender))
            account = machine.shard_state.account(transaction.sender)
            try:
                machine.pool.add(candidate, account, 0, Epoch(1))
            except Rejected:
                continue
            raise Violation("a transaction is taken again")

    def shard_sealed(self, now: Storing | Sealed) -> None:
        """A shard has built a block: note in which order it made the legs of lane 2."""
        self._live_orders[now.built.hash] = [
            Place(now.built.block.number, TICKETS, leg.position, leg.ticket)
            for leg in now.open_round.draft.ticket_legs
        ]

    def finish(self) -> None:
        """The run is over."""
        self.audit.finish()

    def nonce(self, recipient: Recipient) -> int:
        """The committed nonce of an account."""
        replicas = self.audit.replicas
        account = replicas.shards[replicas.home_of(recipient)].own_entry(recipient)
        return account.nonce if account else 0

    def _take(self, root: RootBlock) -> None:
        blocks = {
            shard_id: committed_block(self._shards[shard_id].safe, root, shard_id)
            for shard_id in root.participants
        }
        orders = {
            shard_id: self._live_orders[block.hash]
            for shard_id, block in blocks.items()
            if block.hash in self._live_orders
        }
        self.audit.follow(root, blocks, orders)
