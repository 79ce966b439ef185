"""Hexadecimal as JSON-RPC spells it, and the leniencies of Python that must not show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.codec.quantities import data, parse_data, parse_quantity, parse_slot, quantity
from quarkparsec.errors import InvalidInput

LENIENT = [
    "0x", "", "1f", "0X1f", "0x01", "0x00", " 0x1", "0x1 ", "0x1\n", "0x1_0", "-0x1", "+0x1", "0x-1",
    "0x١", "0xg", "0x 1", 1, 1.0, True, None, b"0x1", ["0x1"], "0x" + "1" * 65,
]  # fmt: skip


@given(st.integers(0, 2**256 - 1))
def test_a_quantity_survives(value: int) -> None:
    assert parse_quantity(quantity(value)) == value
    assert parse_quantity(quantity(value).upper().replace("0X", "0x")) == value


@pytest.mark.parametrize("text", LENIENT, ids=repr)
def test_a_quantity_has_one_spelling(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse_quantity(text)


def test_a_quantity_fits_its_width() -> None:
    assert parse_quantity("0xffffffffffffffff", bits=64) == 2**64 - 1
    with pytest.raises(InvalidInput, match="64 bits"):
        parse_quantity("0x10000000000000000", bits=64)


@given(st.binary(max_size=200))
def test_data_survive(value: bytes) -> None:
    assert parse_data(data(value)) == value
    assert parse_data(data(value), size=len(value)) == value


@pytest.mark.parametrize(
    "text",
    ["", "00", "0x0", "0X00", "0x0g", "0x00 ", "0x 00", "0x0 0", "0x00\n", "0x0_0", "0x٠٠", 0, None, b"0x"],
    ids=repr,
)  # fmt: skip
def test_data_have_an_even_number_of_digits_and_nothing_else(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse_data(text)


@given(st.text(alphabet="0123456789abcdefABCDEFx \t\n_-+", max_size=12))
def test_whatever_is_accepted_is_canonical_but_for_case(text: str) -> None:
    try:
        value = parse_data("0x" + text)
    except InvalidInput:
        return
    assert data(value) == "0x" + text.lower()


def test_data_have_the_size_that_is_asked_for() -> None:
    with pytest.raises(InvalidInput, match="20 bytes"):
        parse_data("0x" + "11" * 19, size=20)


def test_a_slot_may_be_short() -> None:
    assert parse_slot("0x0") == bytes(32)
    assert parse_slot("0x01") == bytes(31) + b"\x01"
    assert parse_slot("0x" + "ff" * 32) == b"\xff" * 32


@pytest.mark.parametrize("text", ["0x", "1", "0x" + "0" * 65, "0x 1", "0x1_1", 1, None], ids=repr)
def test_a_slot_is_one_to_64_digits(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse_slot(text)
