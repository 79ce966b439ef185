"""Strict RLP against pyrlp, and against every way of spelling an item wrongly."""

from __future__ import annotations

from typing import Any

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput

ITEMS: st.SearchStrategy[Any] = st.recursive(
    st.binary(max_size=70), lambda inner: st.lists(inner, max_size=6), max_leaves=30
)
LISTS = st.lists(ITEMS, max_size=8)

MALFORMED = {
    "no bytes": "",
    "a small byte with a prefix": "8100",
    "the largest small byte with a prefix": "817f",
    "a long form for a short string": "b801ff",
    "a long form for 55 bytes": "b837" + "11" * 55,
    "a length with leading zeros": "b90038" + "11" * 56,
    "a long list form for a short list": "f801c0",
    "a list length with leading zeros": "f90038" + "80" * 56,
    "a string longer than its input": "83aabb",
    "a list longer than its input": "c3aabb",
    "a string without its length": "b8",
    "a list without its length": "f9ff",
    "a length of eight bytes": "bfffffffffffffffff",
    "bytes after a string": "8211223f",
    "bytes after a list": "c0c0",
    "a member longer than its list": "c28211",
    "a member's length beyond its list": "c1b8",
}


@given(ITEMS)
def test_encoding_agrees_with_the_reference(item: Any) -> None:
    assert rlp.encode(item) == reference.encode(item)


@given(ITEMS)
def test_decoding_gives_back_what_was_encoded(item: Any) -> None:
    assert rlp.decode(reference.encode(item)) == item


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_are_the_one_encoding_of_what_they_say(encoded: bytes) -> None:
    try:
        item = rlp.decode(encoded)
    except InvalidInput:
        return
    assert rlp.encode(item) == encoded


@given(LISTS, st.integers(min_value=0), st.integers(0, 255))
def test_a_changed_byte_never_gives_a_second_encoding(
    items: list[Any], place: int, byte: int
) -> None:
    encoded = bytearray(rlp.encode(items))
    encoded[place % len(encoded)] = byte
    try:
        item = rlp.decode_list(bytes(encoded))
    except InvalidInput:
        return
    assert rlp.encode(item) == encoded


@pytest.mark.parametrize("encoded", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_second_spelling_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidInput):
        rlp.decode(bytes.fromhex(encoded))


@pytest.mark.parametrize("encoded", ["", "80", "82aabb", "c0c0", "c3aabb"])
def test_only_a_whole_list_is_a_list(encoded: str) -> None:
    with pytest.raises(InvalidInput):
        rlp.decode_list(bytes.fromhex(encoded))
    with pytest.raises(InvalidInput):
        rlp.split_list(bytes.fromhex(encoded))


@given(LISTS)
def test_a_split_list_keeps_its_members_encoded(items: list[Any]) -> None:
    encoded = [reference.encode(item) for item in items]
    assert rlp.split_list(reference.encode(items)) == encoded
    assert rlp.encode_sequence(encoded) == reference.encode(items)


@given(LISTS, st.binary(max_size=3))
def test_a_list_behind_a_prefix_is_found(items: list[Any], prefix: bytes) -> None:
    encoded = prefix + rlp.encode(items)
    assert rlp.decode_list(encoded, len(prefix)) == items
    payload = encoded[rlp.list_payload_offset(encoded, len(prefix)) :]
    assert rlp.wrap_list(payload) == rlp.encode(items)


@pytest.mark.parametrize("depth", [rlp.DEPTH_MAX, rlp.DEPTH_MAX + 1, 5_000])
def test_nesting_is_bounded(depth: int) -> None:
    encoded = b"\xc0"
    for _ in range(depth - 1):
        encoded = rlp.wrap_list(encoded)
    if depth <= rlp.DEPTH_MAX:
        assert rlp.encode(rlp.decode(encoded)) == encoded
    else:
        with pytest.raises(InvalidInput):
            rlp.decode(encoded)


@given(st.integers(0, 2**256 - 1))
def test_a_number_survives(value: int) -> None:
    assert rlp.encode_scalar(value) == reference.encode(value)
    assert rlp.scalar(rlp.scalar_bytes(value)) == value


def test_a_number_has_one_spelling_and_a_width() -> None:
    assert rlp.scalar(b"") == 0
    assert rlp.scalar(b"\xff" * 8, bits=64) == 2**64 - 1
    for item, bits in ((b"\x00", 256), (b"\x00\x01", 256), (b"\x01" * 9, 64), ([], 64)):
        with pytest.raises(InvalidInput):
            rlp.scalar(item, bits=bits)
