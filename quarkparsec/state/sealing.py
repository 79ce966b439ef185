"""From the changes of an epoch to its root and its writes.

Storage tries first, since accounts hold their roots; then the account trie, in one update. Along the way
the old value of every flat key that changes is noted for the history.

An entry that was deleted loses all that it had stored; if it came back in the same epoch, its storage
starts from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.state.account import Account
from quarkparsec.state.entry import EntryChange
from quarkparsec.state.tables import (
    ACCOUNT_NODE,
    account_key,
    storage_key,
    storage_node_prefix,
    storage_prefix,
)
from quarkparsec.store import Batch, Reader, prefix_stop
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.node_source import Read
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Hash32, Recipient


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
        accounts: dict[Recipient, Account | None] = {}
        leaves: dict[bytes, bytes | None] = {}
        for recipient, change in changes.items():
            account = self._seal_entry(recipient, change)
            encoded = account.encode() if account else None
            before = change.before.encode() if change.before else None
            self._put(account_key(recipient), encoded, before)
            accounts[recipient], leaves[keccak(recipient)] = account, encoded
        return self._update(ACCOUNT_NODE, root, leaves), accounts

    def _seal_entry(self, recipient: Recipient, change: EntryChange) -> Account | None:
        if change.drops_storage:
            self._drop_storage(recipient)
        account = change.account
        if account is None or not change.storage:
            return account
        leaves: dict[bytes, bytes | None] = {}
        for slot, word in change.storage.items():
            self._put_word(storage_key(recipient, slot), word, change.loaded[slot])
            leaves[keccak(slot)] = rlp.encode_scalar(word) if word else None
        root = self._update(storage_node_prefix(recipient), account.storage_root, leaves)
        return account._replace(storage_root=root)

    def _drop_storage(self, recipient: Recipient) -> None:
        slots, nodes = storage_prefix(recipient), storage_node_prefix(recipient)
        for key, word in self._reader.scan(slots, prefix_stop(slots)):
            self._put(key, None, word)
        for key, _ in self._reader.scan(nodes, prefix_stop(nodes)):
            self.batch[key] = None

    def _update(self, prefix: bytes, root: Hash32, leaves: Mapping[bytes, bytes | None]) -> Hash32:
        root, nodes = Trie(node_reader(self._reader, prefix), root, self._nodes).update(leaves)
        for path, encoded in nodes.items():
            self.batch[prefix + path] = encoded
        return root

    def _put_word(self, key: bytes, word: int, before: int) -> None:
        self._put(key, rlp.scalar_bytes(word) or None, rlp.scalar_bytes(before) or None)

    def _put(self, key: bytes, value: bytes | None, before: bytes | None) -> None:
        self.batch[key] = value
        # What was noted first stands: a dropped slot may have been written again.
        self.before.setdefault(key, before)


def node_reader(reader: Reader, prefix: bytes) -> Read:
    """The nodes of one trie by their paths."""
    return lambda path: reader.get(prefix + path)
