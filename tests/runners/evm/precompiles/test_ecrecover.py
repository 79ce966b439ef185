"""Signers recovered, or nothing."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey

from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import CURVE_ORDER
from quarkparsec.runners.evm.precompiles import ecrecover

KEY = PrivateKey(b"\x33" * 32)
SIGNER = keccak(KEY.public_key.format(compressed=False)[1:])[12:]
HASH = keccak(b"message")
SIGNATURE = KEY.sign_recoverable(HASH, hasher=None)
R, S = int.from_bytes(SIGNATURE[:32], "big"), int.from_bytes(SIGNATURE[32:64], "big")
V = 27 + SIGNATURE[64]


def encode(v: int, r: int, s: int) -> bytes:
    return HASH + b"".join(number.to_bytes(32, "big") for number in (v, r, s))


def test_the_signer_is_recovered_from_low_and_high_s() -> None:
    assert ecrecover.run(encode(V, R, S)) == bytes(12) + SIGNER
    assert ecrecover.run(encode(55 - V, R, CURVE_ORDER - S)) == bytes(12) + SIGNER
    assert ecrecover.run(encode(V, R, S) + b"more") == bytes(12) + SIGNER


@pytest.mark.parametrize(
    ("v", "r", "s"),
    [
        (26, R, S),
        (29, R, S),
        (V + 256, R, S),
        (V, 0, S),
        (V, R, 0),
        (V, CURVE_ORDER, S),
        (V, 5, S),
    ],
)
def test_a_bad_signature_gives_nothing(v: int, r: int, s: int) -> None:
    assert ecrecover.run(encode(v, r, s)) == b""


def test_a_short_input_is_filled_up_with_zeros() -> None:
    assert ecrecover.run(HASH) == b""
