"""A trie that lies in a store under its paths: read, prove, update.

A node is stored under the path that leads to it, and overwritten in place: a store holds exactly the
nodes of the current root, nothing has to be collected later. Reading an older root isn't possible.

The caller gives `read(path)`, which returns the encoded node at a path, and takes from `update` what to
write (None deletes). Nothing else changes: an update that is never written never happened.

An update takes all changes at once: one pass over the keys in order, each touched node encoded and hashed
once. When a branch keeps a single child, the two become one node, whose path changes; the tombstone for
the old path is written before anything new can lie there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.trie.building import Item, build
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.nibbles import nibbles, shared_length
from quarkparsec.trie.nodes import (
    BRANCH_WIDTH,
    EMPTY,
    INLINE_BYTES_MAX,
    Branch,
    Extension,
    Leaf,
    Node,
    Reference,
    decode,
    encode,
    hash_reference,
    is_hash_reference,
)
from quarkparsec.types import Hash32

Read = Callable[[bytes], bytes | None]
"""path → encoded node."""

Writes = dict[bytes, bytes | None]
"""path → encoded node; None deletes."""

_ROOT_PATH: Final = b""


class Trie:
    """One trie at one root."""

    def __init__(self, read: Read, root: Hash32, cache: NodeCache) -> None:
        self.root: Final = root
        self._read: Final = read
        self._cache: Final = cache

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None. Raises Corrupt."""
        path = nibbles(key)
        reference, depth = self._root_reference(), 0
        while reference != EMPTY:
            node = self.load(reference, path[:depth])
            if isinstance(node, list):
                reference, depth = node[path[depth]], depth + 1
            elif isinstance(node, Leaf):
                return node.value if path[depth:] == node.path else None
            elif path.startswith(node.path, depth):
                reference, depth = node.child, depth + len(node.path)
            else:
                return None
        return None

    def prove(self, key: bytes) -> list[bytes]:
        """The encoded nodes from the root towards a key, as eth_getProof lists them (EIP-1186).

        Inline nodes stand inside their parents and are not listed by themselves.
        """
        path, proof = nibbles(key), []
        reference, depth = self._root_reference(), 0
        while reference != EMPTY:
            node = self.load(reference, path[:depth])
            if is_hash_reference(reference):
                proof.append(encode(node))
            if isinstance(node, list):
                reference, depth = node[path[depth]], depth + 1
            elif isinstance(node, Extension) and path.startswith(node.path, depth):
                reference, depth = node.child, depth + len(node.path)
            else:
                break
        return proof

    def update(self, changes: Mapping[bytes, bytes]) -> tuple[Hash32, Writes]:
        """The root after setting every key to its value, b"" deleting it; and what to write."""
        items = sorted((nibbles(key), value) for key, value in changes.items())
        if not items:
            return self.root, {}
        update = _Update(self)
        reference = update.run(self._root_reference(), items)
        return update.close(reference)

    def load(self, reference: Reference, path: bytes) -> Node:
        """The node that a parent refers to. Raises Corrupt if it isn't the one that is stored."""
        if not is_hash_reference(reference):
            return decode(reference)
        node = self._cache.get(reference)
        if node is None:
            node = self._read_checked(reference, path)
            self._cache.put(reference, node)
        return node

    def keep(self, reference: Reference, node: Node) -> None:
        """Remember a new node; its reference is its hash, so this is always true."""
        self._cache.put(reference, node)

    def _read_checked(self, reference: Reference, path: bytes) -> Node:
        encoded = self._read(path)
        if encoded is None:
            raise Corrupt(f"trie: no node at {path.hex()}")
        if hash_reference(keccak(encoded)) != reference:
            raise Corrupt(f"trie: another node at {path.hex()} than its parent says")
        try:
            return decode(encoded)
        except InvalidInput as error:
            raise Corrupt(f"trie: node at {path.hex()}: {error}") from error

    def _root_reference(self) -> Reference:
        return EMPTY if self.root == EMPTY_TRIE_ROOT else hash_reference(self.root)


class _Update:
    """One update on its way: a recursive pass that collects what to write."""

    def __init__(self, trie: Trie) -> None:
        self._trie: Final = trie
        self._writes: Final[Writes] = {}

    def run(self, reference: Reference, items: list[Item]) -> Reference:
        """The reference of the root after the changes."""
        return self._change(reference, items, 0)

    def close(self, reference: Reference) -> tuple[Hash32, Writes]:
        """The root, which is stored even where any other node would be inline."""
        if reference == EMPTY:
            return EMPTY_TRIE_ROOT, self._writes
        if is_hash_reference(reference):
            return Hash32(reference[1:]), self._writes
        root = keccak(reference)
        self._trie.keep(hash_reference(root), decode(reference))
        self._writes[_ROOT_PATH] = reference
        return root, self._writes

    def _change(self, reference: Reference, items: list[Item], depth: int) -> Reference:
        """Apply `items`, which share their first `depth` nibbles, to what lies there."""
        if reference == EMPTY:
            kept = [item for item in items if item[1]]
            return build(kept, depth, self._put) if kept else EMPTY
        path = items[0][0][:depth]
        node = self._take(reference, path)
        if isinstance(node, list):
            return self._change_branch(list(node), items, depth)
        if isinstance(node, Leaf):
            return self._change_leaf(node, items, depth)
        return self._change_extension(node, items, depth)

    def _change_leaf(self, leaf: Leaf, items: list[Item], depth: int) -> Reference:
        if len(items) == 1 and items[0][0][depth:] == leaf.path:  # by far the commonest case
            value = items[0][1]
            return self._put(items[0][0][:depth], Leaf(leaf.path, value)) if value else EMPTY
        merged = {items[0][0][:depth] + leaf.path: leaf.value, **dict(items)}
        kept = sorted((key, value) for key, value in merged.items() if value)
        return build(kept, depth, self._put) if kept else EMPTY

    def _change_extension(self, extension: Extension, items: list[Item], depth: int) -> Reference:
        first, last, way = items[0][0], items[-1][0], extension.path
        end = depth + len(way)
        shared = min(shared_length(way, first[depth:end]), shared_length(way, last[depth:end]))
        if shared == len(way):
            child = self._change(extension.child, items, end)
            return self._join(first[:depth], way, child)
        branch = [EMPTY] * BRANCH_WIDTH
        fork = depth + shared
        below = first[:depth] + way[: shared + 1]
        branch[way[shared]] = self._extend(below, way[shared + 1 :], extension.child)
        child = self._change_branch(branch, items, fork)
        return self._join(first[:depth], way[:shared], child)

    def _change_branch(self, branch: Branch, items: list[Item], depth: int) -> Reference:
        start, count = 0, len(items)
        while start < count:
            nibble = items[start][0][depth]
            stop = start + 1
            while stop < count and items[stop][0][depth] == nibble:
                stop += 1
            branch[nibble] = self._change(branch[nibble], items[start:stop], depth + 1)
            start = stop
        path = items[0][0][:depth]
        children = BRANCH_WIDTH - branch.count(EMPTY)
        if children > 1:
            return self._put(path, branch)
        if not children:
            return EMPTY
        only = next(nibble for nibble in range(16) if branch[nibble] != EMPTY)
        return self._join(path, bytes((only,)), branch[only])

    def _join(self, path: bytes, way: bytes, child: Reference) -> Reference:
        """What lies at `path` when all that is below it is `child`, reached through `way`."""
        if child == EMPTY or not way:
            return child
        below = path + way
        node = self._trie.load(child, below) if is_hash_reference(child) else decode(child)
        if isinstance(node, list):
            return self._put(path, Extension(way, child))
        if is_hash_reference(child):
            self._writes[below] = None
        if isinstance(node, Leaf):
            return self._put(path, Leaf(way + node.path, node.value))
        return self._put(path, Extension(way + node.path, node.child))

    def _extend(self, path: bytes, way: bytes, child: Reference) -> Reference:
        return self._put(path, Extension(way, child)) if way else child

    def _take(self, reference: Reference, path: bytes) -> Node:
        """A node that is about to change: unless something is put there again, it is gone."""
        node = self._trie.load(reference, path)
        if is_hash_reference(reference):
            self._writes[path] = None
        return node

    def _put(self, path: bytes, node: Node) -> Reference:
        encoded = encode(node)
        if len(encoded) <= INLINE_BYTES_MAX:
            return encoded
        reference = hash_reference(keccak(encoded))
        self._writes[path] = encoded
        self._trie.keep(reference, node)
        return reference
