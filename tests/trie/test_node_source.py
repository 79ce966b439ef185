"""Loading nodes: what the store says is believed only if its hash is right."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Corrupt
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.node_source import NodeSource
from quarkparsec.trie.nodes import Leaf, encode, hash_reference

LEAF = Leaf(b"\x01\x02\x03", b"a value that is too long to stand in its parent")
REFERENCE = hash_reference(keccak(encode(LEAF)))


def test_a_node_is_read_once_and_then_at_hand() -> None:
    asked: list[bytes] = []

    def read(path: bytes) -> bytes:
        asked.append(path)
        return encode(LEAF)

    source = NodeSource(read, NodeCache(10))
    assert source.load(REFERENCE, b"\x07") == LEAF
    assert source.load(REFERENCE, b"\x07") == LEAF
    assert asked == [b"\x07"]


def test_an_inline_node_is_read_from_its_reference() -> None:
    short = Leaf(b"\x01", b"short")
    assert NodeSource(lambda _: None, NodeCache(10)).load(encode(short), b"") == short


def test_a_node_with_the_right_hash_but_no_sense_is_corruption() -> None:
    garbage = b"\xc3\x01\x02\x03"
    source = NodeSource(lambda _: garbage, NodeCache(10))
    with pytest.raises(Corrupt, match="malformed"):
        source.load(hash_reference(keccak(garbage)), b"")


def test_an_inline_node_without_sense_is_corruption() -> None:
    with pytest.raises(Corrupt, match="malformed"):
        NodeSource(lambda _: None, NodeCache(10)).load(b"\xc1\x01", b"")


def test_a_node_that_is_kept_needn_t_be_stored() -> None:
    source = NodeSource(lambda _: None, NodeCache(10))
    with pytest.raises(Corrupt):
        source.load(REFERENCE, b"")
    source.keep(REFERENCE, LEAF)
    assert source.load(REFERENCE, b"") == LEAF


def test_a_node_that_is_taken_to_be_changed_makes_room() -> None:
    cache = NodeCache(10)
    source = NodeSource(lambda _: encode(LEAF), cache)
    source.load(REFERENCE, b"")
    assert source.take(REFERENCE, b"") == LEAF
    assert len(cache) == 0
    assert source.take(REFERENCE, b"") == LEAF
    assert source.take(encode(Leaf(b"\x01", b"short")), b"") == Leaf(b"\x01", b"short")


def test_a_taken_node_must_be_the_right_one_too() -> None:
    with pytest.raises(Corrupt):
        NodeSource(lambda _: b"\xc0", NodeCache(10)).take(REFERENCE, b"")
