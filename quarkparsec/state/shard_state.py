"""The committed state of one shard, and how an epoch becomes part of it.

    journal()           working copies over the head; the lanes run on it
    seal(journal, e)    one batched trie update: the root, and everything to write; changes nothing here
    (the driver writes the batch)
    commit(sealed)      the head moves

When the shards are split, the state stays as it is and only what counts of it changes: `divide` here, the same
rows in another database for the other half. What doesn't count is seen reduced (state/foreign), at every
epoch, and seals sweep it away piece by piece.

A seal that is never committed never happened. The batch of an epoch is applied whole or not at all, so a
store is always at the end of some epoch. Between the write and `commit` nothing may be sealed: the store
is an epoch ahead of the head then, and the trie notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from quarkparsec.cache import Cache, share_of_room
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.errors import Corrupt, invariant
from quarkparsec.limits import ACCOUNT_CACHE_MAX, CODE_CACHE_MAX, TRIE_CACHE_NODES_MAX
from quarkparsec.state import history
from quarkparsec.state.account import Account, delegate_of
from quarkparsec.state.entry import EntryChange
from quarkparsec.state.foreign import FOREIGN_STUB, FOREIGN_STUB_HASH, seen_in
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.journal import Journal
from quarkparsec.state.place import Place
from quarkparsec.state.proof import Proof, prove
from quarkparsec.state.sealing import Sealing
from quarkparsec.state.stored import (
    Head,
    check_marks,
    decode_account,
    decode_word,
    read_code,
    read_head,
    read_place,
    read_sweep,
)
from quarkparsec.state.sweeping import FIRST, Piece, Rewrite, next_piece, no_piece
from quarkparsec.state.tables import (
    ACCOUNT,
    GARBAGE,
    GARBAGE_CODE,
    GENESIS_KEY,
    HEAD_KEY,
    OLDEST_KEY,
    PLACE_KEY,
    SCHEMA_KEY,
    SCHEMA_VERSION,
    SWEEP_KEY,
    account_key,
    code_key,
    encode_epoch,
    storage_key,
)
from quarkparsec.state.view import StateView
from quarkparsec.store import Batch, Reader, Store, prefix_stop
from quarkparsec.trie.cache import NodeCache
from quarkparsec.types import (
    Address,
    Epoch,
    Hash32,
    Recipient,
    ShardId,
    Slot,
    Wei,
    home_key,
)


class SealedState(NamedTuple):
    """What an epoch makes of the state."""

    epoch: Epoch
    root: Hash32
    batch: Batch
    """Everything to write, in one piece."""
    created: tuple[Address, ...]
    """Own entries that have code now and had none, delegations (EIP-7702) included, by recipient."""
    accounts: dict[Recipient, Account | None]
    """Every entry that changed, as it is after the epoch; to be swept is no change."""
    sweep: bytes
    """Where the next epoch's sweep begins; b"" if all is swept."""


class ShardState:
    """One shard's state at its head, as a `StateSource`.

    One thread uses it. `view`, `prove` and `own_supply` read a snapshot, and so may any other thread.
    """

    def __init__(
        self,
        store: Store,
        shard_id: ShardId,
        genesis_hash: Hash32,
        *,
        history: int,
        archive: bool,
    ) -> None:
        """Open what `create_state` made.

        Raises Corrupt for the database of another chain, of another release or of another shard. The state
        can be read as of the last `history` epochs, in an archive as of every one.
        """
        self._store: Final = store
        self._history: Final = None if archive else history
        self._nodes: Final = NodeCache()
        self._sharers = 1
        self._accounts = Cache[Recipient, Account](ACCOUNT_CACHE_MAX)
        """As they are seen."""
        self._codes: Final = Cache[Hash32, bytes](CODE_CACHE_MAX)
        check_marks(store, genesis_hash)
        self.place = read_place(store)
        if self.place.shard_id != shard_id:
            raise Corrupt(
                f"this is the database of shard {self.place.shard_id}, not of {shard_id}"
            )
        self.shard_id: Final = shard_id
        self.sweep = read_sweep(store)
        """From which recipient on entries may be unswept; b"" if none are."""
        self.head, self.root = read_head(store)

    @property
    def shard_count(self) -> int:
        """How many shards there are, as far as this one knows."""
        return self.place.shard_count

    @property
    def has_garbage(self) -> bool:
        """Whether anything is left to delete that a split left here."""
        return any(True for _ in self._store.scan(GARBAGE, prefix_stop(GARBAGE)))

    def divide(self, shard_count: int) -> None:
        """The shards were split, and the database says so: only half of the entries counts from now on."""
        self.place = self.place.divided(shard_count)
        self.sweep = FIRST
        self._accounts = Cache(share_of_room(ACCOUNT_CACHE_MAX, self._sharers))

    def share_memory(self, sharers: int) -> None:
        """So many shards keep what they use lately in one memory."""
        self._sharers = sharers
        self._accounts.limit(share_of_room(ACCOUNT_CACHE_MAX, sharers))
        self._nodes.limit(share_of_room(TRIE_CACHE_NODES_MAX, sharers))
        self._codes.limit(share_of_room(CODE_CACHE_MAX, sharers))

    # --- as a source for journals

    def account(self, recipient: Recipient) -> Account | None:
        """An entry as it is seen in this shard."""
        account = self._accounts.get(recipient)
        if account is None:
            encoded = self._store.get(account_key(recipient))
            if encoded is None:
                return None
            account = seen_in(self.place, recipient, decode_account(encoded), self._stored_code)
            if account is not None:
                self._accounts.put(recipient, account)
        return account

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        return decode_word(self._store.get(storage_key(recipient, slot)))

    def code(self, code_hash: Hash32) -> bytes:
        code = self._codes.get(code_hash)
        if code is None:
            code = read_code(self._store, code_hash)
            self._codes.put(code_hash, code)
        return code

    # --- epochs

    def journal(self) -> Journal:
        """An empty journal over the head."""
        return Journal(self, self.place)

    def next_piece(self) -> Piece:
        """What the next epoch sweeps."""
        return next_piece(self._store, self.place, self.sweep)

    def seal(self, journal: Journal, epoch: Epoch, piece: Piece | None = None) -> SealedState:
        """What `journal` makes of the state, and `piece` being swept; repeatable, and nothing changes by it."""
        invariant(epoch > self.head, "epochs only go up", epoch=epoch, head=self.head)
        piece = piece or no_piece(self.sweep)
        changes = journal.changes()
        sealing = Sealing(self._store, self._nodes)
        root, accounts = sealing.run(self.root, changes, self._rewrites(changes, piece))
        codes = _deployed(changes, journal.codes)
        batch = sealing.batch
        batch.update({code_key(code_hash): code for code_hash, code in codes.items()})
        batch.update({GARBAGE_CODE + code_hash: None for code_hash in codes})
        batch.update(history.record(sealing.before, epoch))
        if self._history is not None and epoch > self._history:
            batch.update(history.prune(self._store, Epoch(epoch - self._history)))
        batch[HEAD_KEY] = Head(epoch, root).encode()
        if piece.cursor != self.sweep:
            batch[SWEEP_KEY] = piece.cursor
        created = self._created(changes, codes)
        return SealedState(epoch, root, batch, created, accounts, piece.cursor)

    def commit(self, sealed: SealedState) -> None:
        """The batch of `sealed` was written: its epoch is the head."""
        invariant(sealed.epoch > self.head, "epochs only go up", epoch=sealed.epoch)
        self.head, self.root, self.sweep = sealed.epoch, sealed.root, sealed.sweep
        for recipient, account in sealed.accounts.items():
            if account is None:
                self._accounts.pop(recipient)
            else:
                self._accounts.put(recipient, account)

    def _rewrites(
        self, changes: Mapping[Recipient, EntryChange], piece: Piece
    ) -> dict[Recipient, Rewrite]:
        """What is swept, and what changes before the sweep has come to it."""
        rewrites = dict(piece.rewrites)
        if self.sweep:
            rewrites |= {
                recipient: rewrite
                for recipient, change in changes.items()
                if recipient not in rewrites
                and (rewrite := self._unswept(recipient, change)) is not None
            }
        return rewrites

    def _unswept(self, recipient: Recipient, change: EntryChange) -> Rewrite | None:
        if change.before is not None and self.is_own(change.before):
            return None
        encoded = self._store.get(account_key(recipient))
        stored = None if encoded is None else decode_account(encoded)
        return Rewrite(stored, change.before) if stored and stored != change.before else None

    def _stored_code(self, code_hash: Hash32) -> bytes | None:
        return self._store.get(code_key(code_hash))

    # --- for readers

    def view(self, epoch: Epoch | None = None) -> StateView:
        """The state after an epoch, by default the head. Raises PrunedHistory."""
        return StateView(self._store.snapshot(), epoch)

    def prove(self, recipient: Recipient, slots: Iterable[Slot]) -> Proof:
        """Proofs against the state root of the head. Raises Corrupt."""
        return prove(self._store.snapshot(), recipient, slots)

    def own_supply(self) -> Wei:
        """The balances of all own entries at the head: what this shard has of the supply."""
        entries = self._store.snapshot().scan(ACCOUNT, prefix_stop(ACCOUNT))
        accounts = (decode_account(encoded) for _, encoded in entries)
        return Wei(sum(account.balance for account in accounts if self.is_own(account)))

    def _created(
        self, changes: Mapping[Recipient, EntryChange], codes: Mapping[Hash32, bytes]
    ) -> tuple[Address, ...]:
        """The own entries that had no code and have some now; stubs of other shards' are foreign.

        An account that delegates counts at its home only: elsewhere its owner manages the shards.
        """
        created = (
            (recipient, change.account)
            for recipient, change in changes.items()
            if change.account is not None
            and change.account.has_code
            and not (change.before is not None and change.before.has_code)
        )
        return tuple(
            Address(recipient, account.shard_key)
            for recipient, account in created
            if account.shard_key == home_key(recipient)
            or (self.is_own(account) and delegate_of(codes[account.code_hash]) is None)
        )

    def is_own(self, account: Account) -> bool:
        """Whether an entry lives in this shard, so that it counts."""
        return self.place.owns(account.shard_key)


def create_state(
    store: Store,
    genesis_hash: Hash32,
    place: Place,
    accounts: Mapping[Recipient, GenesisEntry],
) -> Hash32:
    """Write the state of epoch 0 and what marks it, through a power cut; returns its root.

    The store must be empty. One batch: a store is either created or still empty.
    """
    invariant(not is_created(store), "a state is created once")
    sealing = Sealing(store, NodeCache())
    changes = {recipient: entry.change() for recipient, entry in sorted(accounts.items())}
    root, _ = sealing.run(EMPTY_TRIE_ROOT, changes)
    batch = sealing.batch
    for recipient, change in changes.items():
        if change.account and change.account.has_code:
            batch[code_key(change.account.code_hash)] = accounts[recipient].code
    batch[HEAD_KEY] = Head(Epoch(0), root).encode()
    batch[code_key(FOREIGN_STUB_HASH)] = FOREIGN_STUB
    batch[OLDEST_KEY] = encode_epoch(0)
    batch[PLACE_KEY], batch[SWEEP_KEY] = place.encode(), b""
    batch[SCHEMA_KEY], batch[GENESIS_KEY] = SCHEMA_VERSION, genesis_hash
    store.write(batch, sync=True)
    return root


def is_created(store: Reader) -> bool:
    """Whether a state was ever written here."""
    return store.get(SCHEMA_KEY) is not None


def _deployed(
    changes: Mapping[Recipient, EntryChange], codes: Mapping[Hash32, bytes]
) -> dict[Hash32, bytes]:
    """The codes that entries have now and hadn't before; what was rolled back is left out."""
    return {
        change.account.code_hash: codes[change.account.code_hash]
        for change in changes.values()
        if change.account is not None
        and change.account.has_code
        and (change.before is None or change.before.code_hash != change.account.code_hash)
    }
