"""The compression function against hashlib's BLAKE2b."""

from __future__ import annotations

import hashlib

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.precompiles import blake2f

IV = (
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
)  # fmt: skip
PARAMETERS = 0x01010040
"""A 64-byte digest, no key."""


def encode(rounds: int, message: bytes, final: int) -> bytes:
    state = (IV[0] ^ PARAMETERS, *IV[1:])
    words = b"".join(word.to_bytes(8, "little") for word in state)
    offsets = len(message).to_bytes(8, "little") + bytes(8)
    return (
        rounds.to_bytes(4, "big") + words + message.ljust(128, b"\x00") + offsets + bytes([final])
    )


@pytest.mark.parametrize("message", [b"", b"abc", bytes(range(128))])
def test_twelve_rounds_over_one_block_are_blake2b(message: bytes) -> None:
    assert blake2f.run(encode(12, message, 1)) == hashlib.blake2b(message).digest()


def test_the_price_is_one_for_each_round() -> None:
    assert blake2f.gas(encode(2**32 - 1, b"", 0)) == 2**32 - 1
    assert blake2f.gas(b"\xff" * 4) == 0


@pytest.mark.parametrize("data", [encode(12, b"", 2), encode(12, b"", 1)[1:], b""])
def test_a_bad_input_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        blake2f.run(data)
