"""A node by reference and path: inline in its parent, from the cache, or from the store.

The store keeps a node under its path, so what is read is checked against the hash that the parent holds:
a store that mixes two states can't go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Union

from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.nodes import Node, Reference, decode, hash_reference, is_hash_reference

Read = Callable[[bytes], Union[bytes, None]]
"""path → the encoding of the node that is stored there, or None."""


class NodeSource:
    """The stored nodes of one trie."""

    def __init__(self, read: Read, cache: NodeCache) -> None:
        self._read: Final = read
        self._cache: Final = cache

    def load(self, reference: Reference, path: bytes) -> Node:
        """The node that a parent names, at its path. Raises Corrupt if it isn't there."""
        if not is_hash_reference(reference):
            return _decode(reference, path)
        node = self._cache.get(reference)
        if node is None:
            node = self._read_checked(reference, path)
            self._cache.put(reference, node)
        return node

    def take(self, reference: Reference, path: bytes) -> Node:
        """The same for a node that is about to change: as it is now, nobody will ask for it again.

        Without this the cache would fill with what the nodes once were. If the change is thrown away,
        the node is read again.
        """
        if not is_hash_reference(reference):
            return _decode(reference, path)
        return self._cache.pop(reference) or self._read_checked(reference, path)

    def keep(self, reference: Reference, node: Node) -> None:
        """Have a new node at hand, stored or not."""
        self._cache.put(reference, node)

    def _read_checked(self, reference: Reference, path: bytes) -> Node:
        encoded = self._read(path)
        if encoded is None or hash_reference(keccak(encoded)) != reference:
            raise Corrupt(f"trie: the node at {path.hex()} isn't the one that its parent names")
        return _decode(encoded, path)


def _decode(encoded: bytes, path: bytes) -> Node:
    try:
        return decode(encoded)
    except InvalidInput as error:
        raise Corrupt(f"trie: the node at {path.hex()} is malformed: {error}") from error
