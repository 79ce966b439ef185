"""The committed state of one shard, and how an epoch becomes part of it.

    journal()           working copies over the head; the lanes run on it
    seal(journal, e)    one batched trie update: the root, and everything to write; changes nothing here
    (the driver writes the batch)
    commit(sealed)      the head moves

A seal that is never committed never happened. The batch of an epoch is applied whole or not at all, so a
store is always at the end of some epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt, PrunedHistory, invariant
from quarkparsec.limits import ACCOUNT_CACHE_MAX
from quarkparsec.state import history
from quarkparsec.state.account import Account, delegate_of
from quarkparsec.state.journal import EntryChange, Journal
from quarkparsec.state.sealing import GenesisEntry, Sealing, node_reader
from quarkparsec.state.tables import (
    ACCOUNT,
    ACCOUNT_NODE,
    EPOCH_BYTES,
    GENESIS_KEY,
    HEAD_KEY,
    OLDEST_KEY,
    SCHEMA_KEY,
    SCHEMA_VERSION,
    account_key,
    code_key,
    decode_epoch,
    encode_epoch,
    storage_key,
    storage_node_prefix,
)
from quarkparsec.state.view import StateView, read_code
from quarkparsec.store import Batch, Reader, Store, prefix_stop
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import (
    Address,
    Epoch,
    Hash32,
    Recipient,
    ShardId,
    Slot,
    Wei,
    shard_of,
)


class SealedState(NamedTuple):
    """What an epoch makes of the state."""

    epoch: Epoch
    root: Hash32
    batch: Batch
    """Everything to write, in one piece."""
    created: tuple[Address, ...]
    """Contracts that came into being."""
    accounts: dict[Recipient, Account | None]
    """Every entry that changed, as it is after the epoch."""


class Proof(NamedTuple):
    """An account and slots of it, with the trie nodes that prove them (EIP-1186)."""

    account: Account | None
    nodes: list[bytes]
    slots: list[tuple[int, list[bytes]]]
    """For each slot asked its value and its nodes."""


class ShardState:
    """One shard's state at its head; a `StateSource`. One thread uses it, views are for the others."""

    def __init__(
        self,
        store: Store,
        shard_id: ShardId,
        shard_count: int,
        genesis_hash: Hash32,
        *,
        history: int,
        archive: bool,
    ) -> None:
        """Open what `create` made. Raises Corrupt for another chain's or release's database."""
        self.shard_id: Final = shard_id
        self.shard_count: Final = shard_count
        self._store: Final = store
        self._history: Final = None if archive else history
        self._nodes: Final = NodeCache()
        self._accounts: dict[Recipient, Account | None] = {}
        _check_marks(store, genesis_hash)
        self.head, self.root = _read_head(store)

    # --- as a source for journals

    def account(self, recipient: Recipient) -> Account | None:
        try:
            return self._accounts[recipient]
        except KeyError:
            encoded = self._store.get(account_key(recipient))
            account = None if encoded is None else Account.decode(encoded)
            self._remember(recipient, account)
            return account

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        return int.from_bytes(self._store.get(storage_key(recipient, slot)) or b"", "big")

    def code(self, code_hash: Hash32) -> bytes:
        return read_code(self._store, code_hash)

    # --- epochs

    def journal(self) -> Journal:
        """An empty journal over the head."""
        return Journal(self, self.shard_id, self.shard_count)

    def seal(self, journal: Journal, epoch: Epoch) -> SealedState:
        """What `journal` makes of the state; repeatable, and nothing changes by it."""
        invariant(epoch > self.head, "epochs only go up", epoch=epoch, head=self.head)
        changes = journal.changes()
        sealing = Sealing(self._store, self._nodes)
        root, accounts = sealing.run(self.root, changes)
        batch = sealing.batch
        batch.update(history.record(sealing.before, epoch))
        batch.update({code_key(code_hash): code for code_hash, code in journal.codes.items()})
        batch[HEAD_KEY] = encode_epoch(epoch) + root
        if self._history is not None and epoch > self._history:
            batch.update(history.prune(self._store, Epoch(epoch - self._history)))
        return SealedState(epoch, root, batch, _created(changes, journal), accounts)

    def commit(self, sealed: SealedState) -> None:
        """The batch of `sealed` was written: its epoch is the head."""
        self.head, self.root = sealed.epoch, sealed.root
        for recipient, account in sealed.accounts.items():
            self._remember(recipient, account)

    # --- for readers

    def view(self, epoch: Epoch | None = None) -> StateView:
        """The state as of an epoch (None: the head) on a snapshot. Raises PrunedHistory."""
        snapshot = self._store.snapshot()
        head, _ = _read_head(snapshot)
        if epoch is None or epoch >= head:
            return StateView(snapshot, head, at_head=True)
        if epoch < decode_epoch(snapshot.get(OLDEST_KEY) or b""):
            raise PrunedHistory(f"the state of block {epoch} is no longer kept")
        return StateView(snapshot, epoch, at_head=False)

    def prove(self, recipient: Recipient, slots: Iterable[Slot]) -> Proof:
        """Proofs at the head, against the state root of the shard's last block."""
        snapshot = self._store.snapshot()
        _, root = _read_head(snapshot)
        cache = NodeCache()
        trie = Trie(node_reader(snapshot, ACCOUNT_NODE), root, cache)
        view = StateView(snapshot, self.head, at_head=True)
        account = view.account(recipient)
        storage_root = account.storage_root if account else EMPTY_TRIE_ROOT
        storage = Trie(node_reader(snapshot, storage_node_prefix(recipient)), storage_root, cache)
        proofs = [(view.storage(recipient, slot), storage.prove(keccak(slot))) for slot in slots]
        return Proof(account, trie.prove(keccak(recipient)), proofs)

    def own_supply(self) -> Wei:
        """The balances of all own entries at the head."""
        entries = self._store.snapshot().scan(ACCOUNT, prefix_stop(ACCOUNT))
        accounts = (Account.decode(encoded) for _, encoded in entries)
        return Wei(sum(account.balance for account in accounts if self._is_own(account)))

    # --- within

    def _is_own(self, account: Account) -> bool:
        return shard_of(account.shard_key, self.shard_count) == self.shard_id

    def _remember(self, recipient: Recipient, account: Account | None) -> None:
        if len(self._accounts) >= ACCOUNT_CACHE_MAX:
            self._accounts.clear()
        self._accounts[recipient] = account


def create_state(
    store: Store, genesis_hash: Hash32, accounts: Mapping[Recipient, GenesisEntry]
) -> Hash32:
    """Write the state of epoch 0, through a power cut; its root. The store must be empty."""
    invariant(store.get(SCHEMA_KEY) is None, "a state is created once")
    sealing = Sealing(store, NodeCache())
    changes = {recipient: entry.change() for recipient, entry in sorted(accounts.items())}
    root, _ = sealing.run(EMPTY_TRIE_ROOT, changes)
    batch = sealing.batch
    batch.update(
        {code_key(keccak(entry.code)): entry.code for entry in accounts.values() if entry.code}
    )
    batch[HEAD_KEY] = encode_epoch(0) + root
    batch[OLDEST_KEY] = encode_epoch(0)
    batch[SCHEMA_KEY], batch[GENESIS_KEY] = SCHEMA_VERSION, genesis_hash
    store.write(batch, sync=True)
    return root


def is_created(store: Reader) -> bool:
    """Whether a state was ever written here."""
    return store.get(SCHEMA_KEY) is not None


def _created(changes: Mapping[Recipient, EntryChange], journal: Journal) -> tuple[Address, ...]:
    return tuple(
        Address(recipient, change.account.shard_key)
        for recipient, change in changes.items()
        if change.account is not None
        and change.account.has_code
        and not (change.before is not None and change.before.has_code)
        and delegate_of(journal.codes[change.account.code_hash]) is None
    )


def _check_marks(store: Reader, genesis_hash: Hash32) -> None:
    schema = store.get(SCHEMA_KEY)
    if schema != SCHEMA_VERSION:
        raise Corrupt(
            f"the database has schema {schema!r}, this release writes {SCHEMA_VERSION!r}"
        )
    if store.get(GENESIS_KEY) != genesis_hash:
        raise Corrupt("the database belongs to a chain with another genesis")


def _read_head(reader: Reader) -> tuple[Epoch, Hash32]:
    head = reader.get(HEAD_KEY)
    if head is None or len(head) != EPOCH_BYTES + 32:
        raise Corrupt("the database doesn't say where its head is")
    return decode_epoch(head[:EPOCH_BYTES]), Hash32(head[EPOCH_BYTES:])
