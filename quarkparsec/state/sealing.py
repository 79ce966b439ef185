"""From the changes of an epoch to its root and its writes.

Storage tries first, since accounts hold their roots; then the account trie, in one update. Along the way
the old value of every flat key that changes is noted for the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import invariant
from quarkparsec.state.account import Account
from quarkparsec.state.journal import EntryChange
from quarkparsec.state.tables import ACCOUNT_NODE, account_key, storage_key, storage_node_prefix
from quarkparsec.store import Batch, Reader
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Read, Trie, Writes
from quarkparsec.types import Hash32, Nonce, Recipient, ShardKey, Slot, Wei


class GenesisEntry(NamedTuple):
    """An account that exists from the beginning."""

    shard_key: ShardKey
    nonce: int
    balance: int
    code: bytes
    storage: dict[Slot, int]

    def change(self) -> EntryChange:
        """Its appearance, as a change."""
        code_hash = keccak(self.code) if self.code else EMPTY_HASH
        account = Account(
            Nonce(self.nonce), Wei(self.balance), EMPTY_TRIE_ROOT, code_hash, self.shard_key
        )
        return EntryChange(None, account, {slot: (0, word) for slot, word in self.storage.items()})


class Sealing:
    """One sealing on its way."""

    def __init__(self, reader: Reader, nodes: NodeCache) -> None:
        self.batch: Final[Batch] = {}
        self.before: Final[dict[bytes, bytes | None]] = {}
        """Flat key → what it held, for every flat key in the batch."""
        self._reader: Final = reader
        self._nodes: Final = nodes

    def run(
        self, root: Hash32, changes: Mapping[Recipient, EntryChange]
    ) -> tuple[Hash32, dict[Recipient, Account | None]]:
        """The root after `changes`, and the accounts with their new storage roots."""
        accounts = {
            recipient: self._seal(recipient, change) for recipient, change in changes.items()
        }
        encoded = {
            recipient: b"" if account is None else account.encode()
            for recipient, account in accounts.items()
        }
        for recipient, value in encoded.items():
            before = changes[recipient].before
            self._put(account_key(recipient), value, b"" if before is None else before.encode())
        trie = Trie(node_reader(self._reader, ACCOUNT_NODE), root, self._nodes)
        root, writes = trie.update(
            {keccak(recipient): value for recipient, value in encoded.items()}
        )
        self._put_nodes(ACCOUNT_NODE, writes)
        return root, accounts

    def _seal(self, recipient: Recipient, change: EntryChange) -> Account | None:
        account = change.account
        if account is None:
            gone = change.before
            invariant(
                gone is None or gone.storage_root == EMPTY_TRIE_ROOT,
                "only what has no storage can vanish (EIP-6780)",
                recipient=recipient.hex(),
            )
            return None
        if not change.storage:
            return account
        words = {slot: rlp.scalar_bytes(after) for slot, (_, after) in change.storage.items()}
        for slot, word in words.items():
            old = rlp.scalar_bytes(change.storage[slot][0])
            self._put(storage_key(recipient, slot), word, old)
        return account._replace(storage_root=self._seal_storage(recipient, account, words))

    def _seal_storage(
        self, recipient: Recipient, account: Account, words: Mapping[Slot, bytes]
    ) -> Hash32:
        prefix = storage_node_prefix(recipient)
        trie = Trie(node_reader(self._reader, prefix), account.storage_root, self._nodes)
        values: dict[bytes, bytes] = {
            keccak(slot): rlp.encode_bytes(word) if word else b"" for slot, word in words.items()
        }
        root, writes = trie.update(values)
        self._put_nodes(prefix, writes)
        return root

    def _put(self, key: bytes, value: bytes, before: bytes) -> None:
        self.batch[key] = value or None
        self.before[key] = before or None

    def _put_nodes(self, prefix: bytes, writes: Writes) -> None:
        for path, node in writes.items():
            self.batch[prefix + path] = node


def node_reader(reader: Reader, prefix: bytes) -> Read:
    """Nodes of one trie by their paths."""
    return lambda path: reader.get(prefix + path)
