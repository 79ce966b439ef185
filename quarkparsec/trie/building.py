"""A subtree from nothing: the only place where forks come from.

The items are sorted, so the first and the last share exactly what all of them share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from quarkparsec.trie.nibbles import shared_length
from quarkparsec.trie.nodes import BRANCH_WIDTH, EMPTY, Extension, Leaf, Node, Reference

Item = tuple[bytes, bytes]
"""The nibbles of a whole key, and its value."""

T = TypeVar("T")

Settle = Callable[[Node, bytes], Reference]
"""(finished node, its path) → how its parent names it. Whoever builds decides what is kept."""


def build(items: Sequence[Item], depth: int, settle: Settle) -> Node:
    """The node at `depth` above one or more items that are sorted and share their first nibbles.

    Its children are settled, the node itself isn't: what is above may still merge with it.
    """
    first = items[0][0]
    if len(items) == 1:
        return Leaf(first[depth:], items[0][1])
    fork = depth + shared_length(first, items[-1][0], depth)
    children = [EMPTY] * BRANCH_WIDTH
    for nibble, group in groups(items, fork):
        path = group[0][0][: fork + 1]
        children[nibble] = settle(build(group, fork + 1, settle), path)
    if fork == depth:
        return children
    return Extension(first[depth:fork], settle(children, first[:fork]))


def groups(
    items: Sequence[tuple[bytes, T]], depth: int
) -> list[tuple[int, Sequence[tuple[bytes, T]]]]:
    """Cut one or more sorted items into runs that have the same nibble at `depth`."""
    nibble, count = items[0][0][depth], len(items)
    if items[-1][0][depth] == nibble:
        return [(nibble, items)]  # nearly always, far from the root
    runs, start = [], 0
    for stop in range(1, count):
        if (following := items[stop][0][depth]) != nibble:
            runs.append((nibble, items[start:stop]))
            nibble, start = following, stop
    runs.append((nibble, items[start:]))
    return runs
