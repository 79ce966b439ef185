"""From the changes of an epoch to its root and its writes.

Storage tries first, since accounts hold their roots; then the account trie, in one update. Along the way
the old value of every flat key that changes is noted for the history.

An entry that was deleted loses all that it had stored; if it came back in the same epoch, its storage
starts from nothing. An entry that was split off (state/foreign) may be stored otherwise than it is seen: then
what is seen no longer becomes garbage, which is deleted later, since there may be a lot of it. That an entry
was swept leaves no trace in the history: nobody sees a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.state.entry import EntryChange
from quarkparsec.state.sweeping import Rewrite
from quarkparsec.state.tables import (
    ACCOUNT_NODE,
    GARBAGE_CODE,
    GARBAGE_STORAGE,
    account_key,
    storage_key,
    storage_node_prefix,
    storage_prefix,
)
from quarkparsec.store import Batch, Reader, prefix_stop
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.node_source import Read
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Hash32, Recipient, Slot


class Sealing:
    """One sealing on its way."""

    def __init__(self, reader: Reader, nodes: NodeCache) -> None:
        self.batch: Final[Batch] = {}
        self.before: Final[dict[bytes, bytes | None]] = {}
        """Flat key → what it held, for every flat key in the batch."""
        self._reader: Final = reader
        self._nodes: Final = nodes

    def run(
        self,
        root: Hash32,
        changes: Mapping[Recipient, EntryChange],
        rewrites: Mapping[Recipient, Rewrite] = MappingProxyType({}),
    ) -> tuple[Hash32, dict[Recipient, Account | None]]:
        """The root after `changes`, and the accounts with their new storage roots.

        `rewrites`: entries that are stored otherwise than they are seen, changed or not.
        """
        accounts: dict[Recipient, Account | None] = {}
        leaves: dict[bytes, bytes | None] = {}
        for recipient, change in changes.items():
            rewrite = rewrites.get(recipient)
            if rewrite is not None:
                self._discard(recipient, rewrite.stored, change.account, change.storage)
            before = change.before if rewrite is None else rewrite.stored
            account = self._seal_entry(recipient, change)
            encoded = _encoded(account)
            self._put(account_key(recipient), encoded, _encoded(before))
            accounts[recipient], leaves[keccak(recipient)] = account, encoded
        for recipient in rewrites.keys() - changes.keys():
            stored, seen = rewrites[recipient]
            self._discard(recipient, stored, seen, {})
            self.batch[account_key(recipient)] = leaves[keccak(recipient)] = _encoded(seen)
        return self._update(ACCOUNT_NODE, root, leaves), accounts

    def _discard(
        self,
        recipient: Recipient,
        stored: Account,
        account: Account | None,
        storage: Mapping[Slot, int],
    ) -> None:
        """What a stored entry had and this account hasn't is garbage; room for new words is made at once."""
        if stored.storage_root != EMPTY_TRIE_ROOT:
            if storage:
                self._drop_storage(recipient)
            else:
                self.batch[GARBAGE_STORAGE + recipient] = b""
        if stored.has_code and (account is None or account.code_hash != stored.code_hash):
            self.batch[GARBAGE_CODE + stored.code_hash] = b""

    def _seal_entry(self, recipient: Recipient, change: EntryChange) -> Account | None:
        account = change.account
        if change.drops_storage or (change.storage and self._is_littered(recipient, change)):
            self._drop_storage(recipient)
        if account is None or not change.storage:
            return account
        leaves: dict[bytes, bytes | None] = {}
        for slot, word in change.storage.items():
            self._put_word(storage_key(recipient, slot), word, change.loaded[slot])
            leaves[keccak(slot)] = rlp.encode_scalar(word) if word else None
        root = self._update(storage_node_prefix(recipient), account.storage_root, leaves)
        return account._replace(storage_root=root)

    def _is_littered(self, recipient: Recipient, change: EntryChange) -> bool:
        """Whether what was stored here before a split hasn't all been deleted yet."""
        had_storage = change.before is not None and change.before.storage_root != EMPTY_TRIE_ROOT
        return not had_storage and self._reader.get(GARBAGE_STORAGE + recipient) is not None

    def _drop_storage(self, recipient: Recipient) -> None:
        slots, nodes = storage_prefix(recipient), storage_node_prefix(recipient)
        for key, word in self._reader.scan(slots, prefix_stop(slots)):
            self._put(key, None, word)
        for key, _ in self._reader.scan(nodes, prefix_stop(nodes)):
            self.batch[key] = None
        if self._reader.get(GARBAGE_STORAGE + recipient) is not None:
            self.batch[GARBAGE_STORAGE + recipient] = None

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


def _encoded(account: Account | None) -> bytes | None:
    return None if account is None else account.encode()


def node_reader(reader: Reader, prefix: bytes) -> Read:
    """The nodes of one trie by their paths."""
    return lambda path: reader.get(prefix + path)
