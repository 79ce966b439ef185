"""The open epoch of one shard: working copies of accounts, and an undo log under them.

A journal lies over a `StateSource` (the shard's state at the end of the last epoch). Reads fall through
once and are kept; writes change the working copy and push what was there before onto the undo log, so a
checkpoint is a length and a rollback pops down to it. Everything that writes is undone so, the deletion
of an entry included. Nothing here is durable: when the epoch seals, `changes` says what to write; when it
aborts, the journal is thrown away.

A transaction runs between `begin_transaction` and `end_transaction`. All its frames share one shard key
(a call to code of another key runs a stub that reverts, a universal contract takes its caller's key, a
creation its creator's), so the key is given once, at the beginning.

Which key a new entry gets: a contract takes the key of the frame that creates it. A user account takes its
home key: nobody can capture the key of an account that has not been used yet by paying one wei to it first.
Only whom a transaction or a credit *addresses*, by all 24 bytes, gets the key that was addressed, if its
home isn't here; so does a foreign user account, of which only the nonce is left. So money that frames pay in
passing to an account from elsewhere lies in a foreign entry until it goes home, in the same epoch.

A universal contract stands for the part of it that the frame's key has (state/universal): `entry` leads
there, and everything but its code is the part's.

Warm addresses and slots (EIP-2929), transient storage (EIP-1153), refunds' original values (EIP-2200)
and logs live for one transaction and roll back with everything else.
"""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt, invariant
from quarkparsec.state.account import Account
from quarkparsec.state.entry import Entry, EntryChange
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.state.place import Place
from quarkparsec.state.source import StateSource
from quarkparsec.state.universal import part_of
from quarkparsec.types import (
    Hash32,
    Recipient,
    ShardKey,
    Slot,
    home_key,
)


class Journal:
    """Working copies, undo log, and what belongs to the running transaction."""

    def __init__(self, source: StateSource, place: Place) -> None:
        self.source: Final = source
        self.universal: Final = place.universal
        self.owns: Final = place.owns
        self.entries: dict[Recipient, Entry] = {}
        """Universal contracts' too, of the parts that have the frame's key."""
        self.undo: list[tuple[Any, Any, Any]] = []
        """(what, where in it, old value); see `rollback` for the three kinds of `what`."""
        self.dirty: set[Recipient] = set()
        """Entries that this epoch may have changed."""
        self.codes: dict[Hash32, bytes] = {}
        """Codes deployed in this epoch."""
        self.burned = 0
        """Wei that ceased to exist in this epoch, base fees aside (EIP-6780's self-destruct to itself)."""
        self.frame_key: ShardKey = ShardKey(0)
        self.warm: set[bytes] = set()
        """Recipients, and recipients ‖ slots."""
        self.transient: dict[bytes, int] = {}
        """recipient ‖ slot → word."""
        self.originals: dict[bytes, int] = {}
        """recipient ‖ slot → the word at the transaction's start, for slots that it wrote (EIP-2200)."""
        self.touched: set[Recipient] = set()
        """Entries that this transaction changed, unless it rolled that back (EIP-161)."""
        self.accessed: set[bytes] = set()
        """What this transaction made warm, rolled back or not: locks care for that, too."""
        self._newborn: list[Entry] = []
        """Entries that this transaction made contracts of, rolled back or not."""
        self._addressed: Recipient | None = None
        """Whom the transaction means under the frame's key."""
        self._balances: dict[Recipient, int] = {}
        """What entries that this transaction changed had before it."""
        self._parts: set[Recipient] = set()
        """Universal contracts among the entries."""

    # --- one transaction

    def begin_transaction(self, frame_key: ShardKey, addressed: Recipient | None = None) -> None:
        """Start a transaction whose frames all have `frame_key`.

        `addressed`: an account that it means under this very key.
        """
        if frame_key != self.frame_key:
            for contract in self._parts:
                del self.entries[contract]
            self._parts.clear()
        for entry in self._newborn:
            entry.created = False
        self._newborn.clear()
        self.undo.clear()
        self.warm.clear()
        self.transient.clear()
        self.originals.clear()
        self.touched.clear()
        self.accessed.clear()
        self._balances.clear()
        self._addressed = addressed
        self.frame_key = frame_key

    def end_transaction(self) -> None:
        """Delete what the transaction left empty (EIP-161)."""
        for recipient in self.touched:
            entry = self.entries[recipient]
            if entry.exists and entry.is_empty:
                self._delete(entry)

    def begin(self) -> int:
        """A checkpoint to which `rollback` can return."""
        return len(self.undo)

    def rollback(self, checkpoint: int) -> None:
        """Undo every change since `checkpoint`."""
        undo = self.undo
        while len(undo) > checkpoint:
            what, where, old = undo.pop()
            if isinstance(what, dict):
                _restore(what, where, old)
            elif isinstance(what, set):
                what.discard(where)
            else:
                setattr(what, where, old)

    # --- accounts

    def entry(self, recipient: Recipient) -> Entry:
        """The working copy, loaded on first use."""
        found = self.entries.get(recipient)
        return self._load(recipient) if found is None else found

    def nonce(self, recipient: Recipient) -> int:
        """What a contract's next creation counts."""
        nonce = self.entry(recipient).nonce
        return (
            max(nonce, self._template(recipient).nonce) if recipient in self.universal else nonce
        )

    def set_nonce(self, recipient: Recipient, nonce: int) -> None:
        entry = self._written(recipient)
        self.undo.append((entry, "nonce", entry.nonce))
        entry.nonce = nonce

    def set_balance(self, recipient: Recipient, balance: int) -> None:
        invariant(balance >= 0, "no balance is negative", recipient=recipient.hex())
        entry = self._written(recipient)
        self.undo.append((entry, "balance", entry.balance))
        entry.balance = balance

    def add_balance(self, recipient: Recipient, amount: int) -> None:
        """Credit (or debit, if negative) an account; creates the entry."""
        self.set_balance(recipient, self.entry(recipient).balance + amount)

    def pay(
        self, frame_key: ShardKey, sender: Recipient, cost: int, recipient: Recipient, value: int
    ) -> None:
        """A whole transaction that only moves money, at once.

        `cost` leaves the sender, whose nonce grows, and `value` reaches the recipient; the rest is fees.
        Nothing of it can fail, so nothing is kept to undo it.
        """
        self.begin_transaction(frame_key)
        payer, payee = self.entry(sender), self.entry(recipient)
        invariant(payer.exists and payer.balance >= cost, "who pays can")
        payer.nonce += 1
        payer.balance -= cost
        payee.balance += value
        if value:
            if not (payee.exists and self.is_own(payee)):
                payee.exists = True
                payee.shard_key = self._key_addressed(recipient, frame_key)
        elif payee.is_empty:
            payee.exists = False  # touched (EIP-161)
        self.dirty.add(sender)
        self.dirty.add(recipient)

    def withdraw(self, recipient: Recipient, amount: int) -> None:
        """Take `amount` from an account on its way to its home; an empty one goes (EIP-161)."""
        self.begin_transaction(self.frame_key)
        self.add_balance(recipient, -amount)
        self.end_transaction()

    def credit(self, recipient: Recipient, shard_key: ShardKey, amount: int) -> None:
        """Money that arrives for recipient ‖ shard key."""
        self.begin_transaction(shard_key, recipient)
        self.add_balance(recipient, amount)
        self.end_transaction()

    def leave_stub(self, recipient: Recipient, shard_key: ShardKey) -> None:
        """The contract of this address lives elsewhere, under `shard_key`; so does what it had here."""
        self.set_balance(recipient, 0)
        self.set_code(recipient, FOREIGN_STUB)
        entry = self.entry(recipient)
        self._set(entry, "shard_key", shard_key)

    def burn(self, amount: int) -> None:
        """Account for wei that a contract destroyed in its own favour."""
        if amount:
            self._set(self, "burned", self.burned + amount)

    def code(self, recipient: Recipient) -> bytes:
        """The code of an account; b"" when it has none."""
        code_hash = self.code_hash(recipient)
        if code_hash == EMPTY_HASH:
            return b""
        code = self.codes.get(code_hash)
        return self.source.code(code_hash) if code is None else code

    def code_hash(self, recipient: Recipient) -> Hash32:
        """The hash of `code`."""
        holder = self._template if recipient in self.universal else self.entry
        return holder(recipient).code_hash

    def has_code(self, recipient: Recipient) -> bool:
        """Whether there is code at an account."""
        return self.code_hash(recipient) != EMPTY_HASH

    def set_code(self, recipient: Recipient, code: bytes) -> None:
        entry = self._written(recipient)
        self.undo.append((entry, "code_hash", entry.code_hash))
        entry.code_hash = keccak(code)
        if code:
            self.codes[entry.code_hash] = code

    def create_contract(self, recipient: Recipient) -> None:
        """Make an entry without code ready for a new contract of the running frame's key."""
        entry = self._written(recipient)
        invariant(not entry.has_code, "a contract keeps its key", recipient=recipient.hex())
        self.undo.append((entry, "shard_key", entry.shard_key))
        self.undo.append((entry, "created", entry.created))
        entry.shard_key = self.frame_key
        entry.created = True
        self._newborn.append(entry)

    def destroy(self, recipient: Recipient) -> None:
        """Delete a contract that was created in this transaction (EIP-6780); its balance burns."""
        entry = self.entry(recipient)
        invariant(entry.created, "only a contract of the same transaction is deleted")
        self.burn(entry.balance)
        self._set(entry, "nonce", 0)
        self._set(entry, "balance", 0)
        self._set(entry, "code_hash", EMPTY_HASH)
        self._delete(entry)

    # --- storage

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        """The word in a slot now."""
        entry = self.entry(recipient)
        value = entry.storage.get(slot)
        if value is None:
            empty = entry.storage_root == EMPTY_TRIE_ROOT
            value = 0 if empty else self.source.storage(entry.recipient, slot)
            entry.storage[slot] = entry.loaded[slot] = value
        return value

    def original_storage(self, recipient: Recipient, slot: Slot) -> int:
        """The word in a slot when the transaction began (EIP-2200)."""
        original = self.originals.get(recipient + slot)
        return self.storage(recipient, slot) if original is None else original

    def set_storage(self, recipient: Recipient, slot: Slot, value: int) -> None:
        old = self.storage(recipient, slot)
        entry = self._written(recipient)
        self.originals.setdefault(recipient + slot, old)
        self.undo.append((entry.storage, slot, old))
        entry.storage[slot] = value

    def transient_storage(self, recipient: Recipient, slot: Slot) -> int:
        return self.transient.get(recipient + slot, 0)

    def set_transient_storage(self, recipient: Recipient, slot: Slot, value: int) -> None:
        key = recipient + slot
        self.undo.append((self.transient, key, self.transient.get(key)))
        self.transient[key] = value

    # --- warmth (EIP-2929)

    def is_warm(self, key: bytes) -> bool:
        """Whether a recipient, or recipient ‖ slot, was accessed in this transaction."""
        return key in self.warm

    def make_warm(self, key: bytes) -> None:
        if key not in self.warm:
            self.warm.add(key)
            self.accessed.add(key)
            self.undo.append((self.warm, key, None))

    # --- the epoch

    def changes(self) -> dict[Recipient, EntryChange]:
        """Every entry that this epoch changed, ordered by recipient."""
        found = {
            recipient: EntryChange.of(self.entries[recipient]) for recipient in sorted(self.dirty)
        }
        return {
            recipient: change
            for recipient, change in found.items()
            if change.storage or change.account != change.before
        }

    def _written(self, recipient: Recipient) -> Entry:
        entry = self.entry(recipient)
        holder = entry.recipient
        if holder not in self.touched:
            self.dirty.add(holder)
            self.touched.add(holder)
            self.undo.append((self.touched, holder, None))
            self._balances.setdefault(holder, entry.balance)
        if not entry.exists:
            self._set(entry, "exists", True)
            self._set(entry, "shard_key", self._key_of_new(holder))
        elif holder == self._addressed and self._is_vacant(entry):
            self._set(entry, "shard_key", self._key_of_new(holder))
        if holder != recipient and not entry.nonce:  # or it would go when it has no money
            self._set(entry, "nonce", self._template(recipient).nonce)
        return entry

    def _delete(self, entry: Entry) -> None:
        """Take away an entry without nonce, balance and code, and all that it stored."""
        self._set(entry, "exists", False)
        self._set(entry, "storage_root", EMPTY_TRIE_ROOT)
        self._set(entry, "storage", {})
        self._set(entry, "loaded", {})

    def _set(self, what: Entry | Journal, field: str, value: object) -> None:
        self.undo.append((what, field, getattr(what, field)))
        setattr(what, field, value)

    def is_home_of(self, recipient: Recipient) -> bool:
        """Whether this shard is the recipient's home."""
        return self.owns(self.key_at_home(recipient))

    def key_at_home(self, recipient: Recipient) -> ShardKey:
        """The key of an account that nobody addressed under another."""
        return home_key(recipient)

    def key_of(self, recipient: Recipient, key: ShardKey) -> ShardKey:
        """The key of an entry, or that which it would get if it was addressed under `key`."""
        entry = self.entry(recipient)
        is_vacant = not entry.exists or self._is_vacant(entry)
        return self._key_addressed(recipient, key) if is_vacant else entry.shard_key

    def is_own(self, entry: Entry) -> bool:
        """Whether the entry counts here; one of a foreign key is a stub."""
        return self.owns(entry.shard_key)

    def balance_before(self, entry: Entry) -> int:
        """What an account had when the running (or last) transaction began."""
        return self._balances.get(entry.recipient, entry.balance)

    def _load(self, recipient: Recipient) -> Entry:
        if recipient in self.universal:
            found = self.entry(part_of(recipient, self.frame_key))
            self._parts.add(recipient)
        else:
            account = self.source.account(recipient)
            found = Entry(recipient, account, self.key_at_home(recipient))
        self.entries[recipient] = found
        return found

    def _template(self, contract: Recipient) -> Account:
        """What genesis has put into every shard."""
        account = self.source.account(contract)
        if account is None:
            raise Corrupt(f"the universal contract {contract.hex()} is missing")
        return account

    def _is_vacant(self, entry: Entry) -> bool:
        """Whether nothing but a nonce is left of an entry, of a user whose account is elsewhere."""
        return not (self.is_own(entry) or entry.has_code)

    def _key_of_new(self, recipient: Recipient) -> ShardKey:
        if recipient == self._addressed:
            return self._key_addressed(recipient, self.frame_key)
        return self.key_at_home(recipient)

    def _key_addressed(self, recipient: Recipient, key: ShardKey) -> ShardKey:
        return self.key_at_home(recipient) if self.is_home_of(recipient) else key


def _restore(table: dict[Any, Any], key: Any, old: Any) -> None:
    if old is None:
        table.pop(key, None)
    else:
        table[key] = old
