"""A whole trie from all its leaves, without anything that was stored before.

This is what a root means; `Trie.update` is the way to get it cheaply. Whoever doubts a store compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.building import build
from quarkparsec.trie.nibbles import nibbles
from quarkparsec.trie.nodes import INLINE_BYTES_MAX, Node, Reference, encode, hash_reference
from quarkparsec.types import Hash32

Visit = Callable[[bytes, bytes], None]
"""(path, encoding) of a node that a store keeps: the root, and every node that isn't inline."""


def rebuild(leaves: Iterable[tuple[bytes, bytes]], visit: Visit) -> Hash32:
    """The root over (key, value) pairs in any order; no value is empty."""
    items = sorted((nibbles(key), value) for key, value in leaves)
    if not items:
        return EMPTY_TRIE_ROOT

    def settle(node: Node, path: bytes) -> Reference:
        encoded = encode(node)
        if len(encoded) <= INLINE_BYTES_MAX:
            return encoded
        visit(path, encoded)
        return hash_reference(keccak(encoded))

    top = encode(build(items, 0, settle))
    visit(b"", top)
    return keccak(top)
