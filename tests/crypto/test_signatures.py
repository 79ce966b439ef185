"""Recovering signers, against eth-keys and against signatures that are none."""

from __future__ import annotations

import pytest
from eth_keys import keys
from hypothesis import given, settings
from hypothesis import strategies as st

from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import (
    CURVE_ORDER,
    HALF_CURVE_ORDER,
    check_signature,
    recover,
    sign,
)
from quarkparsec.errors import InvalidInput

MESSAGE = keccak(b"message")
KEY = keys.PrivateKey(b"\x01" * 32)


@settings(max_examples=20)
@given(st.integers(1, CURVE_ORDER - 1), st.binary(max_size=40))
def test_the_signer_is_recovered(secret: int, message: bytes) -> None:
    key = keys.PrivateKey(secret.to_bytes(32, "big"))
    signature = key.sign_msg_hash(keccak(message))
    signer = recover(keccak(message), signature.v, signature.r, signature.s)
    assert signer == key.public_key.to_canonical_address()


@settings(max_examples=20)
@given(st.integers(1, CURVE_ORDER - 1), st.binary(max_size=40))
def test_a_signature_is_the_one_that_wallets_make(secret: int, message: bytes) -> None:
    private_key = secret.to_bytes(32, "big")
    theirs = keys.PrivateKey(private_key).sign_msg_hash(keccak(message))
    assert sign(keccak(message), private_key) == (theirs.v, theirs.r, theirs.s)


@pytest.mark.parametrize(
    "private_key",
    [b"", bytes(32), b"\x01" * 31, b"\x01" * 33, CURVE_ORDER.to_bytes(32, "big")],
    ids=["none", "zero", "short", "long", "order"],
)
def test_what_is_no_private_key_signs_nothing(private_key: bytes) -> None:
    with pytest.raises(InvalidInput, match="private key"):
        sign(MESSAGE, private_key)


def test_the_other_signature_of_the_same_key_is_refused() -> None:
    signature = KEY.sign_msg_hash(MESSAGE)
    with pytest.raises(InvalidInput):
        recover(MESSAGE, 1 - signature.v, signature.r, CURVE_ORDER - signature.s)


@pytest.mark.parametrize(
    ("parity", "r", "s"),
    [
        (2, 1, 1),
        (27, 1, 1),
        (-1, 1, 1),
        (0, 0, 1),
        (0, 1, 0),
        (0, CURVE_ORDER, 1),
        (0, 1, HALF_CURVE_ORDER + 1),
        (0, 1, CURVE_ORDER),
        (0, 2**256, 1),
    ],
)
def test_a_signature_keeps_its_ranges(parity: int, r: int, s: int) -> None:
    with pytest.raises(InvalidInput):
        check_signature(parity, r, s)
    with pytest.raises(InvalidInput):
        recover(MESSAGE, parity, r, s)


def test_the_edges_of_the_ranges_are_inside() -> None:
    check_signature(0, 1, 1)
    check_signature(1, CURVE_ORDER - 1, HALF_CURVE_ORDER)


def test_an_r_that_is_on_no_point_recovers_nobody() -> None:
    with pytest.raises(InvalidInput):
        recover(MESSAGE, 0, 5, 1)  # x = 5 is not on secp256k1


@given(st.integers(0, 1), st.integers(1, CURVE_ORDER - 1), st.integers(1, HALF_CURVE_ORDER))
def test_any_numbers_in_range_recover_somebody_or_are_refused(parity: int, r: int, s: int) -> None:
    try:
        signer = recover(MESSAGE, parity, r, s)
    except InvalidInput:
        return
    assert len(signer) == 20
