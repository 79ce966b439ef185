"""The promises, checked while a run goes on.

It keeps a reference replica of every shard that only ever replays committed bodies, in order, from genesis:

- a root block that became durable stays, follows its parent, and there is one for each epoch;
- before it is durable, the block of every participant is;
- each body replays to the same header, so nonces have no gaps and no money appears;
- at every root block the balances of all own entries and the pending fees are the supply, to the wei;
- a receipt is shown only for what a durable root block holds, and is shown for ever;
- a shard at root block e has exactly the state that root block e names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.crypto.keccak import keccak
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_rows import TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.opening import open_block_again
from quarkparsec.shard.replay import replay
from quarkparsec.state.account import Account
from quarkparsec.state.shard_state import ShardState
from quarkparsec.state.tables import ACCOUNT
from quarkparsec.store import MemoryStore, Reader, prefix_stop
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, shard_of

if TYPE_CHECKING:
    from tests.simulation.disk import Disk


class Violation(AssertionError):
    """A promise is broken."""


def require(condition: object, words: str) -> None:
    if not condition:
        raise Violation(words)


class Replica:
    """The reference copy of one shard."""

    def __init__(self, genesis: Genesis, shard_id: ShardId, contents: MemoryStore) -> None:
        self.store: Final = contents.snapshot()
        self.state: Final = open_shard(self.store, genesis, shard_id)
        self.block_hash = _header_hash(self.store, Epoch(0))

    def apply(self, genesis: Genesis, block: ShardBlock, roots: list[RootBlock]) -> None:
        """Replay a committed block."""
        opening = open_block_again(
            genesis, self.block_hash, block.header, lambda number: roots[number].hash
        )
        built = replay(self.state, block, opening)
        self.store.write(built.state.batch, sync=True)
        self.state.commit(built.state)
        self.block_hash = built.hash

    def own_balances(self) -> int:
        """The balances of the shard's own entries."""
        return sum(account.balance for account in self._accounts() if _is_own(self.state, account))

    def nonce(self, recipient: Recipient) -> int:
        account = self.state.account(recipient)
        return account.nonce if account else 0

    def _accounts(self) -> list[Account]:
        entries = self.store.scan(ACCOUNT, prefix_stop(ACCOUNT))
        return [Account.decode(encoded) for _, encoded in entries]


class Checker:
    """Watches the disks and what the machines announce."""

    def __init__(
        self, genesis: Genesis, root_disk: Disk, shards: Mapping[ShardId, tuple[Disk, Replica]]
    ) -> None:
        self.acknowledged: Final[dict[Hash32, tuple[ShardId, TransactionPlace]]] = {}
        """Every transaction whose receipt was once there to be read."""
        self.roots: Final = [RootStore(root_disk.safe).head()]
        """The root chain as far as it was seen durable."""
        self._genesis: Final = genesis
        self._root_disk: Final = root_disk
        self._shards: Final = shards

    def follow_roots(self) -> None:
        """Take in every root block that is durable by now."""
        chain = RootStore(self._root_disk.safe)
        head = chain.head().number
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
        header = machine.blocks.header(machine.shard_state.head)
        require(header and header.hash == summary.block_hash, "a shard's last block is another")
        state_root = summary.shard_header().state_root
        require(machine.shard_state.root == state_root, "a shard's state is another")

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
            if owner == shard_id:
                require(store.place(transaction_hash) == place, "an acknowledged receipt is lost")
                require(store.transaction(place), "an acknowledged transaction is lost")

    def nonce(self, shard_id: ShardId, recipient: Recipient) -> int:
        """The committed nonce of an account."""
        return self._shards[shard_id][1].nonce(recipient)

    def _take(self, block: RootBlock) -> None:
        require(block.header.parent_hash == self.roots[-1].hash, "the root chain is broken")
        for shard_id in block.participants:
            disk, replica = self._shards[shard_id]
            body = _durable_body(disk.safe, block, shard_id)
            replica.apply(self._genesis, body, self.roots)
        self.roots.append(block)
        for shard_id, (_, replica) in self._shards.items():
            named = block.summaries[shard_id].block_hash
            require(replica.block_hash == named, "a replay gives another block")
        balances = sum(replica.own_balances() for _, replica in self._shards.values())
        require(balances + block.fees_pending == block.supply, "money is lost or made")


def _durable_body(store: Reader, block: RootBlock, shard_id: ShardId) -> ShardBlock:
    wanted = block.summaries[shard_id].block_hash
    blocks = BlockStore(store)
    record = blocks.sealed_record()
    for body in (record.block if record else None, blocks.block(block.number)):
        if body is not None and body.hash == wanted:
            return body
    raise Violation("a block is committed that its shard can lose")


def _header_hash(store: Reader, epoch: Epoch) -> Hash32:
    header = BlockStore(store).header(epoch)
    assert header is not None
    return header.hash


def _is_own(state: ShardState, account: Account) -> bool:
    return shard_of(account.shard_key, state.shard_count) == state.shard_id
