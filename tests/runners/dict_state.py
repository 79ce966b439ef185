"""A state held in dicts, for journals to lie over."""

from __future__ import annotations

from dataclasses import dataclass, field

import rlp
from trie import HexaryTrie

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.state.journal import Journal
from quarkparsec.types import Hash32, Nonce, Recipient, ShardKey, Slot, Wei


@dataclass
class DictState:
    """Accounts, slots and codes; storage roots are the reference trie's."""

    accounts: dict[Recipient, Account] = field(default_factory=dict)
    slots: dict[Recipient, dict[Slot, int]] = field(default_factory=dict)
    codes: dict[Hash32, bytes] = field(default_factory=dict)

    def account(self, recipient: Recipient) -> Account | None:
        return self.accounts.get(recipient)

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        return self.slots.get(recipient, {}).get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        return self.codes[code_hash]

    def put(
        self,
        recipient: bytes,
        balance: int = 0,
        nonce: int = 0,
        code: bytes = b"",
        storage: dict[int, int] | None = None,
        shard_key: int = 0,
    ) -> None:
        """Add an account."""
        slots = {Slot(slot.to_bytes(32, "big")): word for slot, word in (storage or {}).items()}
        code_hash = keccak(code) if code else EMPTY_HASH
        owner = Recipient(recipient)
        self.codes[code_hash] = code
        self.slots[owner] = slots
        self.accounts[owner] = Account(
            Nonce(nonce), Wei(balance), storage_root(slots), code_hash, ShardKey(shard_key)
        )

    def absorb(self, journal: Journal) -> None:
        """Take over what a journal changed, as the end of an epoch does."""
        self.codes.update(journal.codes)
        for recipient, change in journal.changes().items():
            slots = self.slots.setdefault(recipient, {})
            if change.drops_storage:
                slots.clear()
            slots.update(change.storage)
            if change.account is None:
                self.accounts.pop(recipient, None)
            else:
                root = storage_root(slots)
                self.accounts[recipient] = change.account._replace(storage_root=root)

    def ethereum_root(self) -> Hash32:
        """The state root as Ethereum has it, over four-field accounts."""
        trie = HexaryTrie({})
        for recipient, account in self.accounts.items():
            fields = [account.nonce, account.balance, account.storage_root, account.code_hash]
            trie[keccak(recipient)] = rlp.encode(fields)
        return Hash32(bytes(trie.root_hash))


def storage_root(slots: dict[Slot, int]) -> Hash32:
    """The root over the slots that aren't zero."""
    if not any(slots.values()):
        return EMPTY_TRIE_ROOT
    trie = HexaryTrie({})
    for slot, word in slots.items():
        if word:
            trie[keccak(slot)] = rlp.encode(word)
    return Hash32(bytes(trie.root_hash))
