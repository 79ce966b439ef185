"""Legs come back from their encoding as they were, and nothing else is taken for legs."""

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
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei

NUMBERS = st.integers(0, 2**64 - 1)
AMOUNTS = st.integers(0, 2**256 - 1).map(Wei)
RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)
KEYS = st.integers(0, 2**32 - 1).map(ShardKey)
ENDOWMENTS = st.builds(Endowment, RECIPIENTS, AMOUNTS, st.booleans())
CALLS = st.builds(
    Call, NUMBERS, NUMBERS, st.none() | AMOUNTS, st.lists(ENDOWMENTS, max_size=3).map(tuple)
)
PAYMENTS = st.builds(Payment, NUMBERS, NUMBERS, RECIPIENTS, AMOUNTS, AMOUNTS)
CLAIMS = st.builds(Claim, NUMBERS, NUMBERS, RECIPIENTS, KEYS, AMOUNTS, st.booleans())
CREDITS = st.lists(st.builds(Credit, RECIPIENTS, KEYS, AMOUNTS), max_size=3).map(tuple)
LEGS = st.builds(
    Legs,
    st.lists(CALLS | PAYMENTS | CLAIMS, max_size=5).map(tuple),
    st.integers(0, 2**32 - 1),
    CREDITS,
    st.lists(st.builds(CreditsFrom, KEYS.map(ShardId), CREDITS), max_size=3).map(tuple),
)


@given(LEGS)
def test_legs_come_back_from_their_encoding(legs: Legs) -> None:
    encoded = legs.encode()
    assert Legs.from_item(rlp.decode(encoded)) == legs


@given(LEGS, LEGS)
def test_different_legs_have_different_commitments(one: Legs, other: Legs) -> None:
    assert (one.commitment == other.commitment) == (one == other)


def test_no_legs_commit_to_nothing() -> None:
    assert NO_LEGS.commitment == b""


@pytest.mark.parametrize(
    "item",
    [
        b"",
        [],
        [[], b"", []],
        [[[b"\x01", b"\x01"]], b"", [], []],  # a leg without a ticket
        [[[b"\x04", b"\x01", b"\x01"]], b"", [], []],  # an unknown kind
        [[[b"\x01", b"\x01", b"\x01", [b"\x01", b"\x01"], []]], b"", [], []],  # two sums of money
        [[[b"\x02", b"\x01", b"\x01", b"\x11" * 19, b"", b""]], b"", [], []],
        [
            [[b"\x03", b"\x01", b"\x01", b"\x11" * 20, b"", b"", b"\x02"]],
            b"",
            [],
            [],
        ],  # neither staying nor not
    ],
)
def test_what_is_no_legs_is_refused(item: rlp.Item) -> None:
    with pytest.raises(InvalidInput):
        Legs.from_item(item)
