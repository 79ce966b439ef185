"""Decoded nodes at hand, by reference.

A reference to a stored node is its hash, and what a hash means never changes. So an entry is right
whatever becomes of the update that put it here: one that is thrown away leaves nodes behind that no
committed parent refers to. For the same reason one cache serves the tries of all accounts.
"""

from __future__ import annotations

from quarkparsec.cache import Cache
from quarkparsec.limits import TRIE_CACHE_NODES_MAX
from quarkparsec.trie.nodes import Node, Reference


class NodeCache(Cache[Reference, Node]):
    """At most `nodes_max` nodes."""

    __slots__ = ()

    def __init__(self, nodes_max: int = TRIE_CACHE_NODES_MAX) -> None:
        super().__init__(nodes_max)
