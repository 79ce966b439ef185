"""Paths and their hex-prefix encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import InvalidInput
from quarkparsec.trie.nibbles import nibbles, pack, shared_length, unpack

PATHS = st.binary(max_size=70).map(lambda path: bytes(nibble & 15 for nibble in path))


def test_a_key_is_read_high_half_first() -> None:
    assert nibbles(b"\x12\xaf") == b"\x01\x02\x0a\x0f"


@given(PATHS, st.booleans())
def test_a_packed_path_unpacks(path: bytes, is_leaf: bool) -> None:
    assert unpack(pack(path, is_leaf=is_leaf)) == (path, is_leaf)


@given(st.binary(max_size=40))
def test_unpacked_bytes_pack_to_themselves_or_are_refused(packed: bytes) -> None:
    try:
        path, is_leaf = unpack(packed)
    except InvalidInput:
        return
    assert pack(path, is_leaf=is_leaf) == packed


@pytest.mark.parametrize(
    ("path", "is_leaf", "packed"),
    [
        ("010203 0405", False, "112345"),
        ("00010203 0405", False, "00012345"),
        ("000f010c0b08", True, "200f1cb8"),
        ("0f010c0b08", True, "3f1cb8"),
    ],
)
def test_the_examples_of_the_specification(path: str, is_leaf: bool, packed: str) -> None:
    """From ethereum.org's page on the Merkle-Patricia trie, "hex-prefix encoding"."""
    assert pack(bytes.fromhex(path), is_leaf=is_leaf).hex() == packed


@given(PATHS, PATHS, PATHS)
def test_the_shared_length_ends_at_the_first_difference(
    common: bytes, first: bytes, second: bytes
) -> None:
    length = shared_length(common + first, common + second)
    assert (common + first)[:length] == (common + second)[:length]
    assert length >= len(common)
    assert (common + first)[length : length + 1] != (common + second)[length : length + 1] or (
        first == second
    )


def test_the_shared_length_counts_from_its_start() -> None:
    assert shared_length(b"\x09\x01\x02\x03", b"\x08\x01\x02\x04", 1) == 2
