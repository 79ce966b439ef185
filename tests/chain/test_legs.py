"""Legs are stored and read back, and nothing else is read as legs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.legs import (
    NO_LEGS,
    Call,
    Claim,
    Credit,
    CreditsFrom,
    Endowment,
    Legs,
    Payment,
)
from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Recipient

NUMBERS = st.integers(0, 2**64 - 1)
WEI = st.integers(0, 2**256 - 1)
KEYS = st.integers(0, 2**32 - 1)
RECIPIENTS = st.binary(min_size=20, max_size=20)
CREDITS = st.lists(st.builds(Credit, RECIPIENTS, KEYS, WEI), max_size=3).map(tuple)
ENDOWMENTS = st.lists(st.builds(Endowment, RECIPIENTS, WEI, st.booleans()), max_size=2).map(tuple)
TICKET_LEGS = st.one_of(
    st.builds(Call, NUMBERS, NUMBERS, st.none() | WEI, ENDOWMENTS),
    st.builds(Payment, NUMBERS, NUMBERS, RECIPIENTS, WEI, WEI),
    st.builds(Claim, NUMBERS, NUMBERS, RECIPIENTS, KEYS, WEI, st.booleans()),
)
LEGS = st.builds(
    Legs,
    st.lists(TICKET_LEGS, max_size=4).map(tuple),
    KEYS,
    CREDITS,
    st.lists(st.builds(CreditsFrom, KEYS, CREDITS), max_size=3).map(tuple),
)


@given(LEGS)
def test_legs_are_read_as_they_were_written(legs: Legs) -> None:
    assert Legs.from_item(rlp.decode(legs.encode())) == legs


@given(LEGS)
def test_only_a_block_without_legs_leaves_its_extra_data_empty(legs: Legs) -> None:
    assert (legs.commitment == b"") == (legs == NO_LEGS)
    assert len(legs.commitment) in (0, 32)


@pytest.mark.parametrize(
    "item",
    [
        [],
        [[], b"", []],
        b"",
        [[[b"\x04", b"\x01", b"\x01"]], b"", [], []],
        [[[b"\x01", b"\x01"]], b"", [], []],
        [[[b"\x01", b"\x01", b"\x01", [b"\x01", b"\x02"], []]], b"", [], []],
        [[[b"\x03", b"\x01", b"\x01", bytes(20), b"", b"", b"\x02"]], b"", [], []],
        [[[b"\x03", b"\x01", b"\x01", bytes(19), b"", b"", b"\x01"]], b"", [], []],
        [[], b"", [[bytes(20), b"\x01\x00\x00\x00\x00", b""]], []],
        [[], b"", [], [[b"", [[]]]]],
    ],
    ids=repr,
)
def test_anything_else_is_refused(item: rlp.Item) -> None:
    with pytest.raises(InvalidInput):
        Legs.from_item(item)


def test_calls_are_counted_among_the_legs_of_tickets() -> None:
    call, payment = Call(1, 1, None, ()), Payment(1, 2, Recipient(bytes(20)), 5, 4)  # type: ignore[arg-type]
    assert Legs((call, payment, call)).call_count == 2
