"""A shard's state as plain dicts: what the real one is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import rlp
from trie import HexaryTrie

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.shard_state import create_state
from quarkparsec.state.tables import ACCOUNT, ACCOUNT_NODE, STORAGE, STORAGE_NODE
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Recipient, ShardKey, Slot
from tests.state.words import GENESIS_HASH, PLACE


@dataclass
class ModelEntry:
    """One account."""

    shard_key: ShardKey
    nonce: int = 0
    balance: int = 0
    code: bytes = b""
    storage: dict[Slot, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.nonce or self.balance or self.code)

    def to_genesis(self) -> GenesisEntry:
        words = {slot: word for slot, word in self.storage.items() if word}
        return GenesisEntry(self.shard_key, self.nonce, self.balance, self.code, words)


Model = dict[Recipient, ModelEntry]


def reference_root(model: Model) -> bytes:
    """The state root, by the reference trie and codec."""
    trie = HexaryTrie({})
    for recipient, entry in model.items():
        fields = [
            entry.nonce,
            entry.balance,
            _storage_root(entry.storage),
            keccak(entry.code),
            entry.shard_key,
        ]
        trie[keccak(recipient)] = rlp.encode(fields)
    return bytes(trie.root_hash)


def _storage_root(storage: Mapping[Slot, int]) -> bytes:
    if not any(storage.values()):
        return EMPTY_TRIE_ROOT
    trie = HexaryTrie({})
    for slot, word in storage.items():
        if word:
            trie[keccak(slot)] = rlp.encode(word)
    return bytes(trie.root_hash)


def fresh_store(model: Model) -> MemoryStore:
    """A store that has never held anything but this state."""
    store = MemoryStore()
    create_state(
        store, GENESIS_HASH, PLACE, {who: entry.to_genesis() for who, entry in model.items()}
    )
    return store


def state_rows(store: MemoryStore) -> list[tuple[bytes, bytes]]:
    """The flat tables and the nodes of all tries, as they are stored."""
    return list(_rows(store, (ACCOUNT, STORAGE, ACCOUNT_NODE, STORAGE_NODE)))


def _rows(store: MemoryStore, tables: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    for table in tables:
        yield from store.scan(table, prefix_stop(table))
