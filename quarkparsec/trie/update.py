"""Many changes to a trie at once: one recursive pass, each changed node hashed once.

Where a node lives. A node that isn't inline is stored under its path, the nibbles from the root to it;
the root always is, under the empty path. A branch's path is where its keys part, so a branch never
moves; leaves and extensions do when a fork appears above them or goes away.

What the pass does at a node, by kind, with the changes whose keys lead there:

    nothing     build a subtree of what isn't deleted
    leaf        overwrite or delete it; or build a subtree of it and the new keys
    extension   if all keys follow it, go on at its end; else put a branch where they part
    branch      go on at each child that has changes; with one child left, merge with it

The pass returns nodes, not references: a child is *settled* (encoded, hashed, named) by its parent, and
only once the parent knows that it stays a branch; otherwise the two become one node. So nothing is
hashed in vain, and no key is ever under two paths.

Which paths are written: whoever opens a stored node to change it notes its path as deleted, whoever
settles one notes the new encoding over it. What remains noted as deleted has moved, vanished or become
inline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Union

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.building import build, groups
from quarkparsec.trie.nibbles import shared_length
from quarkparsec.trie.node_source import NodeSource
from quarkparsec.trie.nodes import (
    BRANCH_WIDTH,
    EMPTY,
    INLINE_BYTES_MAX,
    Branch,
    Extension,
    Leaf,
    Node,
    Reference,
    encode,
    hash_reference,
    is_hash_reference,
)
from quarkparsec.types import Hash32

Change = tuple[bytes, Union[bytes, None]]
"""The nibbles of a whole key, and its new value or None."""

Child = Union[Reference, Node]
"""A child that is settled already, or not yet."""

Writes = dict[bytes, Union[bytes, None]]
"""path → the encoding to write there, or None to delete what is there."""


class Update:
    """One pass over one trie; `depth` is always how many nibbles lead to the node in hand."""

    def __init__(self, nodes: NodeSource) -> None:
        self._nodes: Final = nodes
        self._writes: Final[Writes] = {}

    def run(self, top: Reference, items: Sequence[Change]) -> tuple[Hash32, Writes]:
        """The root after the changes `items`, which are sorted, and what to write."""
        node = self._change(top, items, 0)
        return self._settle_root(node), self._writes

    # --- a node, by kind

    def _change(self, child: Child, items: Sequence[Change], depth: int) -> Node | None:
        """What becomes of `child`; None if nothing is left of it."""
        if child == EMPTY:
            return self._build(items, depth)
        node = self._open(child, items[0][0][:depth]) if isinstance(child, bytes) else child
        if isinstance(node, list):
            return self._change_branch(node, items, depth)
        if isinstance(node, Leaf):
            return self._change_leaf(node, items, depth)
        return self._change_extension(node, items, depth)

    def _build(self, items: Sequence[Change], depth: int) -> Node | None:
        live = [(key, value) for key, value in items if value is not None]
        return build(live, depth, self._settle) if live else None

    def _change_leaf(self, leaf: Leaf, items: Sequence[Change], depth: int) -> Node | None:
        key, value = items[0]
        if len(items) == 1 and key[depth:] == leaf.path:
            return None if value is None else Leaf(leaf.path, value)
        merged: dict[bytes, bytes | None] = {key[:depth] + leaf.path: leaf.value}
        merged.update(items)
        return self._build(sorted(merged.items()), depth)

    def _change_extension(
        self, extension: Extension, items: Sequence[Change], depth: int
    ) -> Node | None:
        path, end = extension.path, depth + len(extension.path)
        first, last = items[0][0], items[-1][0]
        if first[depth:end] == path == last[depth:end]:
            return self._prepend(path, self._change(extension.child, items, end), first[:depth])
        common = min(shared_length(path, first[depth:]), shared_length(path, last[depth:]))
        forked = self._fork(extension, common, items, depth + common)
        return self._prepend(path[:common], forked, first[:depth])

    def _fork(
        self, extension: Extension, common: int, items: Sequence[Change], depth: int
    ) -> Node | None:
        """Put a branch at `depth`, where some keys leave the extension's path."""
        kept, rest = extension.path[common], extension.path[common + 1 :]
        stem: Child = Extension(rest, extension.child) if rest else extension.child
        changed = {
            nibble: self._change(stem if nibble == kept else EMPTY, group, depth + 1)
            for nibble, group in groups(items, depth)
        }
        branch = [EMPTY] * BRANCH_WIDTH
        if isinstance(stem, bytes):
            branch[kept] = stem
        else:
            changed.setdefault(kept, stem)
        return self._join(branch, changed, items[0][0][:depth])

    def _change_branch(self, branch: Branch, items: Sequence[Change], depth: int) -> Node | None:
        changed = {
            nibble: self._change(branch[nibble], group, depth + 1)
            for nibble, group in groups(items, depth)
        }
        return self._join(branch.copy(), changed, items[0][0][:depth])

    # --- children and parents

    def _join(
        self, branch: Branch, changed: Mapping[int, Node | None], path: bytes
    ) -> Node | None:
        """Put the changed children into `branch`; a branch of one child or none is no branch."""
        if None in changed.values():
            children = _children(branch, changed)
            if len(children) < 2:
                return self._collapse(children, path)
        for nibble, child in changed.items():
            settled = EMPTY if child is None else self._settle(child, path + bytes((nibble,)))
            branch[nibble] = settled
        return branch

    def _collapse(self, children: Mapping[int, Child], path: bytes) -> Node | None:
        """What stands for a branch at `path` that has one child left, or none."""
        for nibble, child in children.items():
            step = bytes((nibble,))
            if not isinstance(child, bytes):
                return self._prepend(step, child, path)
            node = self._nodes.load(child, path + step)
            if isinstance(node, list):
                return Extension(step, child)
            self._leave(child, path + step)
            return self._prepend(step, node, path)
        return None

    def _prepend(self, step: bytes, node: Node | None, path: bytes) -> Node | None:
        """The node at `path` that leads over `step` to `node`."""
        if node is None or not step:
            return node
        if isinstance(node, Leaf):
            return Leaf(step + node.path, node.value)
        if isinstance(node, Extension):
            return Extension(step + node.path, node.child)
        return Extension(step, self._settle(node, path + step))

    # --- the store

    def _open(self, reference: Reference, path: bytes) -> Node:
        """A node that is about to change."""
        self._leave(reference, path)
        return self._nodes.take(reference, path)

    def _leave(self, reference: Reference, path: bytes) -> None:
        if is_hash_reference(reference):
            self._writes[path] = None

    def _settle(self, node: Node, path: bytes) -> Reference:
        """How the parent of the finished `node` names it."""
        encoded = encode(node)
        if len(encoded) <= INLINE_BYTES_MAX:
            return encoded
        reference = hash_reference(keccak(encoded))
        self._writes[path] = encoded
        self._nodes.keep(reference, node)
        return reference

    def _settle_root(self, node: Node | None) -> Hash32:
        """The root hash; unlike other nodes, a short root is stored too."""
        if node is None:
            return EMPTY_TRIE_ROOT
        encoded = encode(node)
        root = keccak(encoded)
        self._writes[b""] = encoded
        self._nodes.keep(hash_reference(root), node)
        return root


def _children(branch: Branch, changed: Mapping[int, Node | None]) -> dict[int, Child]:
    """What a branch leads to, its changed children in place."""
    children: dict[int, Child | None] = {**dict(enumerate(branch)), **changed}
    return {
        nibble: child for nibble, child in children.items() if child is not None and child != EMPTY
    }
