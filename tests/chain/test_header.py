"""Headers against py-evm's of the Prague fork."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import rlp as reference
from eth.vm.forks.prague.blocks import PragueBlockHeader
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.header import Header
from quarkparsec.errors import InvalidInput
from tests.chain.blocks import header

HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 2**64 - 1)
HEADERS = st.fixed_dictionaries(
    {
        "parent_hash": HASHES,
        "ommers_hash": HASHES,
        "coinbase": st.binary(min_size=20, max_size=20),
        "state_root": HASHES,
        "transactions_root": HASHES,
        "receipts_root": HASHES,
        "logs_bloom": st.binary(min_size=256, max_size=256),
        "difficulty": st.integers(0, 2**256 - 1),
        "number": NUMBERS,
        "gas_limit": NUMBERS,
        "gas_used": NUMBERS,
        "timestamp": NUMBERS,
        "extra_data": st.binary(max_size=32),
        "prevrandao": HASHES,
        "nonce": st.binary(min_size=8, max_size=8),
        "base_fee": st.integers(0, 2**256 - 1),
        "withdrawals_root": HASHES,
        "blob_gas_used": NUMBERS,
        "excess_blob_gas": NUMBERS,
        "parent_beacon_block_root": HASHES,
        "requests_hash": HASHES,
    }
).map(lambda values: header(**values))

REFERENCE_NAMES = {
    "ommers_hash": "uncles_hash",
    "transactions_root": "transaction_root",
    "receipts_root": "receipt_root",
    "logs_bloom": "bloom",
    "number": "block_number",
    "prevrandao": "mix_hash",
    "base_fee": "base_fee_per_gas",
}


def reference_header(ours: Header) -> Any:
    """The same header in py-evm."""
    values = {field.name: getattr(ours, field.name) for field in fields(ours)}
    values["logs_bloom"] = int.from_bytes(ours.logs_bloom, "big")
    return PragueBlockHeader(
        **{REFERENCE_NAMES.get(name, name): value for name, value in values.items()}
    )


@given(HEADERS)
def test_encoding_and_hash_are_ethereums(ours: Header) -> None:
    expected = reference_header(ours)
    assert ours.encode() == reference.encode(expected)
    assert ours.hash == expected.hash


@given(HEADERS)
def test_a_header_is_read_back(ours: Header) -> None:
    assert Header.decode(ours.encode()) == ours


def test_what_means_nothing_here_is_constant() -> None:
    expected = PragueBlockHeader(
        difficulty=0, block_number=1, gas_limit=30_000_000, timestamp=1, base_fee_per_gas=7
    ).copy(nonce=bytes(8), parent_beacon_block_root=bytes(32))
    assert header().hash == expected.hash


@given(HEADERS, st.integers(min_value=0), st.integers(0, 255))
def test_changed_bytes_are_refused_or_another_header(ours: Header, place: int, byte: int) -> None:
    encoded = bytearray(ours.encode())
    encoded[place % len(encoded)] = byte
    try:
        read = Header.decode(bytes(encoded))
    except InvalidInput:
        return
    assert read.encode() == encoded


@pytest.mark.parametrize("count", [0, 20, 22])
def test_a_header_has_21_fields(count: int) -> None:
    members = (reference.decode(header().encode()) * 2)[:count]
    with pytest.raises(InvalidInput, match="21 fields"):
        Header.decode(reference.encode(members))


@pytest.mark.parametrize("place", range(21))
def test_no_field_is_a_list(place: int) -> None:
    members = reference.decode(header().encode())
    members[place] = []
    with pytest.raises(InvalidInput):
        Header.decode(reference.encode(members))
