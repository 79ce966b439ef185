"""The working copy of one account in an open epoch, and what the epoch makes of it in the end."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT
from quarkparsec.state.account import Account
from quarkparsec.types import Hash32, Nonce, Recipient, ShardKey, Slot, Wei


class Entry:
    """The working copy of one account. Change it through the journal only."""

    __slots__ = (
        "balance",
        "before",
        "code_hash",
        "created",
        "exists",
        "loaded",
        "nonce",
        "recipient",
        "shard_key",
        "storage",
        "storage_root",
    )

    def __init__(self, recipient: Recipient, account: Account | None, shard_key: ShardKey) -> None:
        self.recipient = recipient
        self.before = account
        """The entry when the epoch began."""
        self.exists = account is not None
        self.nonce: int = account.nonce if account else 0
        self.balance: int = account.balance if account else 0
        self.storage_root: Hash32 = account.storage_root if account else EMPTY_TRIE_ROOT
        """Of the slots that this epoch hasn't loaded: that of the last epoch, or empty once deleted."""
        self.code_hash: Hash32 = account.code_hash if account else EMPTY_HASH
        self.shard_key: ShardKey = account.shard_key if account else shard_key
        self.created = False
        """Created as a contract in the running transaction (EIP-6780)."""
        self.storage: dict[Slot, int] = {}
        """Every slot read or written in this epoch."""
        self.loaded: dict[Slot, int] = {}
        """The same slots, as they were when the epoch began; once deleted, all 0."""

    @property
    def is_empty(self) -> bool:
        """No nonce, no balance, no code (EIP-161)."""
        return not self.nonce and not self.balance and self.code_hash == EMPTY_HASH

    @property
    def has_code(self) -> bool:
        return self.code_hash != EMPTY_HASH

    @property
    def is_taken(self) -> bool:
        """Whether no contract can be created here any more (EIP-684, EIP-7610)."""
        return bool(
            self.nonce
            or self.has_code
            or self.storage_root != EMPTY_TRIE_ROOT
            or any(self.storage.values())
        )

    def to_account(self) -> Account:
        """The entry as the trie will hold it, but with the storage root of the last epoch."""
        return Account(
            Nonce(self.nonce), Wei(self.balance), self.storage_root, self.code_hash, self.shard_key
        )


class EntryChange(NamedTuple):
    """What an epoch did to one entry."""

    before: Account | None
    """The entry when the epoch began."""
    account: Account | None
    """The entry at the end of the epoch, or None if it is gone; storage root not yet updated."""
    storage: dict[Slot, int]
    """Every slot whose word changed, with its last word."""
    loaded: dict[Slot, int]
    """What those slots held when the epoch began; 0 if `drops_storage`."""

    @classmethod
    def of(cls, entry: Entry) -> EntryChange:
        """From a working copy."""
        changed = [slot for slot, word in entry.storage.items() if word != entry.loaded[slot]]
        return cls(
            entry.before,
            entry.to_account() if entry.exists else None,
            {slot: entry.storage[slot] for slot in changed},
            {slot: entry.loaded[slot] for slot in changed},
        )

    @property
    def drops_storage(self) -> bool:
        """Whether all that the entry had stored before the epoch is gone, since it was deleted."""
        root = self.account.storage_root if self.account else EMPTY_TRIE_ROOT
        return self.before is not None and self.before.storage_root != root
