"""Legs: encoded, read back, refused; and what a header commits to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.block import SWEEP_BEGINS, SWEPT, Entry, ShardBlock
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
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from tests.chain.blocks import header

RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)
KEYS = st.integers(0, 2**32 - 1).map(ShardKey)
AMOUNTS = st.integers(0, 2**256 - 1).map(Wei)
NUMBERS = st.integers(0, 2**64 - 1)
ENDOWMENTS = st.lists(st.builds(Endowment, RECIPIENTS, AMOUNTS, st.booleans()), max_size=3)
CALLS = st.builds(Call, NUMBERS, NUMBERS, st.none() | AMOUNTS, ENDOWMENTS.map(tuple))
PAYMENTS = st.builds(Payment, NUMBERS, NUMBERS, RECIPIENTS, AMOUNTS, AMOUNTS)
CLAIMS = st.builds(Claim, NUMBERS, NUMBERS, RECIPIENTS, KEYS, AMOUNTS, st.booleans())
CREDITS = st.lists(st.builds(Credit, RECIPIENTS, KEYS, AMOUNTS), max_size=3).map(tuple)
SOURCES = st.builds(CreditsFrom, st.integers(0, 2**32 - 1).map(ShardId), CREDITS)
LEGS = st.builds(
    Legs,
    st.lists(CALLS | PAYMENTS | CLAIMS, max_size=4).map(tuple),
    st.integers(0, 2**32 - 1),
    CREDITS,
    st.lists(SOURCES, max_size=3).map(tuple),
)

WHO = Recipient(b"\xaa" * 20)
CALL = Call(1, 2, Wei(3), (Endowment(WHO, Wei(4), is_taken=False),))
PAYMENT = Payment(1, 2, WHO, Wei(3), Wei(1))
CLAIM = Claim(1, 2, WHO, ShardKey(5), Wei(6), stays=True)
CREDIT = Credit(WHO, ShardKey(5), Wei(6))
WHOLE = Legs((CALL, PAYMENT, CLAIM), 1, (CREDIT,), (CreditsFrom(ShardId(1), (CREDIT,)),))


def read(encoded: bytes) -> Legs:
    return Legs.from_item(rlp.decode(encoded))


@given(LEGS)
def test_legs_are_read_back(legs: Legs) -> None:
    assert read(legs.encode()) == legs


@given(LEGS, LEGS)
def test_different_legs_have_different_commitments(one: Legs, other: Legs) -> None:
    assert (one.commitment(SWEPT) == other.commitment(SWEPT)) == (one == other)


def test_no_legs_commit_to_nothing_and_others_to_their_hash() -> None:
    assert NO_LEGS.commitment(SWEPT) == b""
    assert WHOLE.commitment(SWEPT) == keccak(rlp.wrap_list(WHOLE.encode() + b"\x80"))


def test_a_sweep_is_committed_to_beside_the_legs() -> None:
    commitments = {
        legs.commitment(sweep) for legs in (NO_LEGS, WHOLE) for sweep in (SWEPT, SWEEP_BEGINS)
    }
    assert len(commitments) == 4


def test_a_call_without_money_is_not_one_with_no_wei() -> None:
    here, guest = CALL._replace(money=None), CALL._replace(money=Wei(0))
    assert here.encode() != guest.encode()
    assert read(Legs((here, guest)).encode()).tickets == (here, guest)


def test_calls_are_counted_among_the_legs() -> None:
    assert Legs((PAYMENT, CALL, CLAIM, CALL)).call_count == 2


@given(st.integers(min_value=0), st.integers(0, 255))
def test_changed_bytes_are_refused_or_other_legs(place: int, byte: int) -> None:
    encoded = bytearray(WHOLE.encode())
    encoded[place % len(encoded)] = byte
    try:
        legs = read(bytes(encoded))
    except InvalidInput:
        return
    assert legs.encode() == encoded


TICKET_LEGS: dict[str, list[rlp.Item]] = {
    "too short": [b"\1", b"\1"],
    "of an unknown kind": [b"\4", b"\1", b"\2", b""],
    "a call without endowments": [b"\1", b"\1", b"\2", []],
    "a call with two sums": [b"\1", b"\1", b"\2", [b"\1", b"\1"], []],
    "a call with half an endowment": [b"\1", b"\1", b"\2", [], [[WHO, b"\1"]]],
    "a payment without money back": [b"\2", b"\1", b"\2", WHO, b"\3"],
    "a payment of a short sender": [b"\2", b"\1", b"\2", WHO[1:], b"\3", b"\1"],
    "a claim that stays twice": [b"\3", b"\1", b"\2", WHO, b"\5", b"\6", b"\2"],
    "a claim of a long key": [b"\3", b"\1", b"\2", WHO, b"\5" * 5, b"\6", b"\1"],
    "a claim of a list": [b"\3", b"\1", b"\2", [WHO], b"\5", b"\6", b"\1"],
    "with leading zeros": [b"\2", b"\0\1", b"\2", WHO, b"\3", b"\1"],
}


@pytest.mark.parametrize("leg", TICKET_LEGS.values(), ids=TICKET_LEGS)
def test_a_malformed_leg_is_invalid_input(leg: list[rlp.Item]) -> None:
    with pytest.raises(InvalidInput):
        Legs.from_item([[leg], b"", [], []])


ITEMS: dict[str, rlp.Item] = {
    "bytes": b"legs",
    "three fields": [[], b"", []],
    "five fields": [[], b"", [], [], []],
    "legs in bytes": [b"", b"", [], []],
    "a list of transfers": [[], [], [], []],
    "a payout without a key": [[], b"", [[WHO, b"\1"]], []],
    "credits without a source": [[], b"", [], [[[]]]],
}


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_another_shape_is_invalid_input(item: rlp.Item) -> None:
    with pytest.raises(InvalidInput):
        Legs.from_item(item)


def test_a_block_has_no_more_calls_and_transfers_than_transactions() -> None:
    entry = Entry(b"raw", WHO, ShardKey(1))
    block = ShardBlock(header(), (entry, entry), Legs((CALL,), transfer_count=1), Wei(0))
    assert ShardBlock.decode(block.encode()) == block
    for legs in (Legs((CALL,), transfer_count=2), Legs((CALL, CALL, CALL)), Legs((), 3)):
        with pytest.raises(InvalidInput):
            ShardBlock.decode(replace(block, legs=legs).encode())
