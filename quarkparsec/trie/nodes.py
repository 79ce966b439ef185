"""The three kinds of node, and their encoding.

    leaf       the rest of a key, and its value      rlp([packed path, value])
    extension  nibbles that all keys below share     rlp([packed path, child])
    branch     one child for each next nibble        rlp([child 0, …, child 15, b""])

A *reference* is how a parent names a child, as it stands in the parent's encoding: `EMPTY`, or 0xa0 and
the 32 bytes of the child's hash, or, if the child's encoding is shorter than 32 bytes, that encoding
itself (the child is *inline*). Nodes keep references encoded, so that a branch is encoded by one join.

No key is a prefix of another (they are hashes, or RLP), so a branch never holds a value.

Nodes are values: whoever wants to change a branch copies it. `decode` is strict; with it,
`encode(decode(x)) == x` whenever it returns.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Union

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.trie.nibbles import pack, unpack
from quarkparsec.types import Hash32

Reference = bytes
Branch = list[Reference]


class Leaf(NamedTuple):
    """The end of a key."""

    path: bytes
    value: bytes


class Extension(NamedTuple):
    """A way without forks, to a branch. Its path isn't empty."""

    path: bytes
    child: Reference


Node = Union[Leaf, Extension, Branch]

EMPTY: Final[Reference] = b"\x80"
"""No child."""

BRANCH_WIDTH: Final = 17
"""Sixteen children, and the place of a value, which stays empty."""

INLINE_BYTES_MAX: Final = 31
"""A node whose encoding is no longer than this stands in its parent."""

_HASH_PREFIX: Final = b"\xa0"
_HASH_PREFIX_BYTE: Final = 0xA0
_LIST_PREFIX_MIN: Final = 0xC0


def hash_reference(node_hash: Hash32) -> Reference:
    """The reference to a node that is stored by itself."""
    return _HASH_PREFIX + node_hash


def is_hash_reference(reference: Reference) -> bool:
    """True if the child is stored by itself, False if it is inline or there is none."""
    return reference[0] == _HASH_PREFIX_BYTE  # an inline node starts with a list's prefix


def encode(node: Node) -> bytes:
    """The RLP of a node."""
    if isinstance(node, list):
        return rlp.wrap_list(b"".join(node))
    if isinstance(node, Leaf):
        packed = rlp.encode_bytes(pack(node.path, is_leaf=True))
        return rlp.wrap_list(packed + rlp.encode_bytes(node.value))
    return rlp.wrap_list(rlp.encode_bytes(pack(node.path, is_leaf=False)) + node.child)


def decode(encoded: bytes) -> Node:
    """Read what `encode` wrote. Raises InvalidInput for anything else."""
    members = rlp.split_list(encoded)
    if len(members) == BRANCH_WIDTH:
        return _branch(members)
    if len(members) != 2:
        raise InvalidInput("trie: a node has 2 or 17 members")
    path, is_leaf = unpack(_string(members[0]))
    if is_leaf:
        return Leaf(path, _value(members[1]))
    return _extension(path, members[1])


def _branch(members: list[bytes]) -> Branch:
    if members[-1] != EMPTY:
        raise InvalidInput("trie: a branch has no value")
    if members.count(EMPTY) > BRANCH_WIDTH - 2:
        raise InvalidInput("trie: a branch has two children at least")
    for member in members:
        # Nearly every member passes one of these: this loop reads every branch.
        if member[0] != _HASH_PREFIX_BYTE and member != EMPTY:
            _check_inline(member)
    return members


def _extension(path: bytes, child: bytes) -> Extension:
    if not path:
        raise InvalidInput("trie: an extension has a path")
    if not is_hash_reference(child):
        _check_inline(child)
    return Extension(path, child)


def _check_inline(member: bytes) -> None:
    if len(member) > INLINE_BYTES_MAX or member[0] < _LIST_PREFIX_MIN:
        raise InvalidInput("trie: a child is a hash or a short node")


def _value(member: bytes) -> bytes:
    value = _string(member)
    if not value:
        raise InvalidInput("trie: a leaf has a value")
    return value


def _string(member: bytes) -> bytes:
    value = rlp.decode(member)
    if not isinstance(value, bytes):
        raise InvalidInput("trie: expected a byte string, found a list")
    return value
