"""The encoding of nodes, strict both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.trie.nibbles import pack
from quarkparsec.trie.nodes import EMPTY, Branch, Extension, Leaf, Node, decode, encode

PATHS = st.binary(max_size=64).map(lambda path: bytes(nibble & 15 for nibble in path))
HASHES = st.binary(min_size=32, max_size=32).map(lambda node_hash: b"\xa0" + node_hash)
LEAVES = st.builds(Leaf, PATHS, st.binary(min_size=1, max_size=100))
SHORT_LEAVES = st.builds(Leaf, PATHS.map(lambda path: path[:9]), st.binary(min_size=1, max_size=9))
CHILDREN = HASHES | SHORT_LEAVES.map(encode)
EXTENSIONS = st.builds(Extension, PATHS.filter(bool), HASHES)
BRANCHES = st.lists(st.just(EMPTY) | CHILDREN, min_size=16, max_size=16).filter(
    lambda children: children.count(EMPTY) <= 14
)
NODES: st.SearchStrategy[Node] = (
    LEAVES | EXTENSIONS | BRANCHES.map(lambda branch: [*branch, EMPTY])
)


@given(NODES)
def test_a_node_reads_back(node: Node) -> None:
    assert decode(encode(node)) == node


@given(NODES, st.data())
def test_an_altered_node_is_refused_or_is_another_canonical_one(
    node: Node, data: st.DataObject
) -> None:
    altered = bytearray(encode(node))
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    _check_strict(bytes(altered))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_canonical(encoded: bytes) -> None:
    _check_strict(encoded)


def _check_strict(encoded: bytes) -> None:
    try:
        node = decode(encoded)
    except InvalidInput:
        return
    assert encode(node) == encoded


def _branch(*children: bytes) -> Branch:
    return [*children, *[EMPTY] * (17 - len(children))]


HASH = b"\xa0" + bytes(32)
PACKED = rlp.encode_bytes(pack(b"\x01", is_leaf=False))


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (b"", "expected a list"),
        (b"\x80", "expected a list"),
        (rlp.encode([]), "2 or 17"),
        (rlp.encode([b"a", b"b", b"c"]), "2 or 17"),
        (rlp.encode([b"", b"value"]), "flag"),
        (rlp.encode([b"\x40", b"value"]), "flag"),
        (rlp.encode([b"\x25\x00", b"value"]), "padding"),
        (rlp.encode([pack(b"\x01", is_leaf=True), b""]), "a leaf has a value"),
        (rlp.encode([pack(b"\x01", is_leaf=True), [b"value"]]), "found a list"),
        (rlp.encode([[b"path"], b"value"]), "found a list"),
        (rlp.encode([pack(b"", is_leaf=False), bytes(32)]), "an extension has a path"),
        (rlp.wrap_list(PACKED + rlp.encode_bytes(bytes(31))), "a hash or a short node"),
        (rlp.wrap_list(PACKED + EMPTY), "a hash or a short node"),
        (encode(_branch(HASH)), "two children"),
        (encode([*_branch(HASH, HASH)[:16], b"\x01"]), "no value"),
        (encode(_branch(HASH, rlp.encode_bytes(bytes(33)))), "a hash or a short node"),
        (encode(_branch(HASH, rlp.encode([bytes(31)]))), "a hash or a short node"),
        (encode(_branch(HASH, HASH)) + b"\x00", "after the"),
    ],
)
def test_what_encode_never_writes_is_refused(encoded: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        decode(encoded)
