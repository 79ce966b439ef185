"""A trie of ours in a dict, the reference trie with the same content, and keys that make both work hard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rlp
from hypothesis import strategies as st
from rlp.exceptions import RLPException
from trie import HexaryTrie
from trie.exceptions import BadTrieProof, ValidationError

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.trie.update import Writes
from quarkparsec.types import Hash32

Changes = dict[bytes, bytes | None]


class StoredTrie:
    """A trie whose nodes lie in a dict under their paths."""

    def __init__(self, nodes_max: int = 1_000) -> None:
        self.nodes: dict[bytes, bytes] = {}
        self.root: Hash32 = EMPTY_TRIE_ROOT
        self.values: dict[bytes, bytes] = {}
        self._nodes_max = nodes_max
        self.reopen()

    @property
    def trie(self) -> Trie:
        return Trie(self.nodes.get, self.root, self.cache)

    def reopen(self) -> None:
        """Forget everything that isn't stored."""
        self.cache = NodeCache(self._nodes_max)

    def update(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Update and write."""
        root, writes = self.trie.update(changes)
        self.root = root
        self._write(writes)
        for key, value in changes.items():
            self.values.pop(key, None)
            if value is not None:
                self.values[key] = value

    def _write(self, writes: Writes) -> None:
        for path, encoded in writes.items():
            self.nodes.pop(path, None)
            if encoded is not None:
                self.nodes[path] = encoded


def built_at_once(values: Mapping[bytes, bytes]) -> StoredTrie:
    """The same content, from nothing, in one update."""
    stored = StoredTrie()
    stored.update(values)
    return stored


def reference_trie(values: Mapping[bytes, bytes]) -> Any:
    """The same content in `trie.HexaryTrie`."""
    trie = HexaryTrie({})
    for key, value in values.items():
        trie[key] = value
    return trie


def proves(root: bytes, key: bytes, value: bytes | None, proof: list[bytes]) -> bool:
    """Whether the reference verifier takes `proof` for `key` holding `value`."""
    try:
        nodes = [rlp.decode(node) for node in proof]
        return bytes(HexaryTrie.get_from_proof(root, key, nodes)) == (value or b"")
    except (BadTrieProof, ValidationError, RLPException, ValueError, TypeError, IndexError):
        return False


def key_sets() -> st.SearchStrategy[st.SearchStrategy[bytes]]:
    """Keys of one length: few and close together, so that they fork deep, or spread like hashes."""
    close = st.sampled_from([b"\x00", b"\x01", b"\x10", b"\x11"])
    return st.sampled_from(
        [
            st.tuples(close, close).map(b"".join),
            st.tuples(close, close, close).map(b"".join),
            st.tuples(close, st.binary(min_size=31, max_size=31)).map(b"".join),
            st.binary(min_size=1, max_size=1).map(lambda end: bytes(31) + end),
        ]
    )


VALUES = st.binary(min_size=1, max_size=3) | st.binary(min_size=28, max_size=70)
"""Short ones make inline nodes."""


def batches() -> st.SearchStrategy[list[Changes]]:
    """Updates one after the other, over keys that come back."""

    def of(keys: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Changes]]:
        changes = st.dictionaries(keys, st.none() | VALUES, max_size=12)
        return st.lists(changes, max_size=8)

    return key_sets().flatmap(of)
