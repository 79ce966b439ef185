"""A subtree from nothing: keys in order, all different, none deleted."""

from __future__ import annotations

from collections.abc import Callable

from quarkparsec.trie.nibbles import shared_length
from quarkparsec.trie.nodes import BRANCH_WIDTH, EMPTY, Extension, Leaf, Node, Reference

Item = tuple[bytes, bytes]
"""A key's path and its value."""

Put = Callable[[bytes, Node], Reference]
"""Takes a node at a path; the reference to it."""


def build(items: list[Item], depth: int, put: Put) -> Reference:
    """The subtree of `items`, sorted, which share their first `depth` nibbles."""
    first, value = items[0]
    if len(items) == 1:
        return put(first[:depth], Leaf(first[depth:], value))
    fork = depth + shared_length(first, items[-1][0], depth)
    branch = put(first[:fork], _branch(items, fork, put))
    if fork == depth:
        return branch
    return put(first[:depth], Extension(first[depth:fork], branch))


def _branch(items: list[Item], fork: int, put: Put) -> list[Reference]:
    children = [EMPTY] * BRANCH_WIDTH
    start, count = 0, len(items)
    while start < count:
        nibble = items[start][0][fork]
        stop = start + 1
        while stop < count and items[stop][0][fork] == nibble:
            stop += 1
        children[nibble] = build(items[start:stop], fork + 1, put)
        start = stop
    return children
