"""A trie that lies in a store under its paths.

A node that isn't inline is stored under the path that leads to it, and overwritten in place: a store holds
exactly the nodes of the current root, and nothing has to be collected later. Older roots can't be read.

The caller gives `read(path)`, which returns the encoded node at a path, and takes from `update` what to
write. Nothing else changes: an update that is never written never happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.nibbles import nibbles
from quarkparsec.trie.node_source import NodeSource, Read
from quarkparsec.trie.nodes import (
    EMPTY,
    Leaf,
    Node,
    Reference,
    encode,
    hash_reference,
    is_hash_reference,
)
from quarkparsec.trie.update import Update, Writes
from quarkparsec.types import Hash32


class Trie:
    """One trie at one root. No key is a prefix of another."""

    def __init__(self, read: Read, root: Hash32, cache: NodeCache) -> None:
        self.root: Final = root
        self._nodes: Final = NodeSource(read, cache)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None. Raises Corrupt."""
        path = nibbles(key)
        for depth, _, node in self._walk(path):
            if isinstance(node, Leaf) and path[depth:] == node.path:
                return node.value
        return None

    def prove(self, key: bytes) -> list[bytes]:
        """The encoded nodes from the root towards a key (EIP-1186, as geth's eth_getProof).

        They prove its value, or end at the node that shows that it has none. Inline nodes stand inside
        their parents. An empty trie has an empty proof: its root says it all. Raises Corrupt.
        """
        return [
            encode(node)
            for _, reference, node in self._walk(nibbles(key))
            if is_hash_reference(reference)
        ]

    def update(self, changes: Mapping[bytes, bytes | None]) -> tuple[Hash32, Writes]:
        """Set each key to its value, None deleting it: the new root, and what to write.

        No value is empty. Raises Corrupt if what is read isn't the trie of this root.
        """
        if not changes:
            return self.root, {}
        items = sorted((nibbles(key), value) for key, value in changes.items())
        return Update(self._nodes).run(self._top(), items)

    def _walk(self, path: bytes) -> Iterator[tuple[int, Reference, Node]]:
        """The nodes towards a key: how many nibbles lead to each, how it is named, itself."""
        child, depth = self._top(), 0
        while child != EMPTY:
            node = self._nodes.load(child, path[:depth])
            yield depth, child, node
            if isinstance(node, list):
                child, depth = node[path[depth]], depth + 1
            elif not isinstance(node, Leaf) and path.startswith(node.path, depth):
                child, depth = node.child, depth + len(node.path)
            else:
                return

    def _top(self) -> Reference:
        return EMPTY if self.root == EMPTY_TRIE_ROOT else hash_reference(self.root)
