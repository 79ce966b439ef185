"""ECDSA over secp256k1: recover who signed a hash, strictly; and sign, for tools (the node signs nothing).

Accepted: 0 < r < n, 0 < s ≤ n/2 (EIP-2), parity 0 or 1. Everything else is InvalidInput, so that one
transaction has one signature and one hash.
"""

from __future__ import annotations

from typing import Final

from coincurve import PrivateKey, PublicKey

from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Hash32, Recipient

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_CURVE_ORDER: Final = CURVE_ORDER // 2


def check_signature(parity: int, r: int, s: int) -> None:
    """Raise InvalidInput unless the three values are those of a canonical signature."""
    if parity not in (0, 1) or not 0 < r < CURVE_ORDER or not 0 < s <= HALF_CURVE_ORDER:
        raise InvalidInput("invalid transaction v, r, s values")


def sign(message_hash: Hash32, private_key: bytes) -> tuple[int, int, int]:
    """Parity, r and s of the one signature by a key of 32 bytes (RFC 6979, low s). Raises InvalidInput."""
    scalar = int.from_bytes(private_key, "big")
    if len(private_key) != 32 or not 0 < scalar < CURVE_ORDER:
        raise InvalidInput("a private key is a number of 32 bytes below the curve's order")
    signature = PrivateKey(private_key).sign_recoverable(message_hash, hasher=None)
    r, s = signature[:32], signature[32:64]
    return signature[64], int.from_bytes(r, "big"), int.from_bytes(s, "big")


def recover(message_hash: Hash32, parity: int, r: int, s: int) -> Recipient:
    """The recipient whose key signed `message_hash`. Raises InvalidInput for a bad signature."""
    check_signature(parity, r, s)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))
    try:
        key = PublicKey.from_signature_and_message(signature, message_hash, hasher=None)
    except ValueError as error:
        raise InvalidInput("invalid signature") from error
    return Recipient(keccak(key.format(compressed=False)[1:])[12:])
