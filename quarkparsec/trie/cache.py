"""Decoded nodes at hand, by reference.

A reference of a stored node is its hash, so an entry is true for ever, whatever is committed or aborted.
Two generations stand in for exact order of use: what is found in the old one moves to the young one, and
when that is full the old one is forgotten.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.limits import TRIE_CACHE_NODES_MAX
from quarkparsec.trie.nodes import Node, Reference


class NodeCache:
    """At most `size_max` nodes."""

    def __init__(self, size_max: int = TRIE_CACHE_NODES_MAX) -> None:
        self._half: Final = size_max // 2
        self._young: dict[Reference, Node] = {}
        self._old: dict[Reference, Node] = {}

    def get(self, reference: Reference) -> Node | None:
        node = self._young.get(reference)
        if node is None:
            node = self._old.get(reference)
            if node is not None:
                self.put(reference, node)
        return node

    def put(self, reference: Reference, node: Node) -> None:
        self._young[reference] = node
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
