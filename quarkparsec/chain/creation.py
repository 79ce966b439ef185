"""Where contracts come to lie: their recipients, known before they exist."""

from __future__ import annotations

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Recipient


def create_address(creator: Recipient, nonce: int) -> Recipient:
    """Where CREATE, or a creation transaction, puts its contract (Yellow Paper, section 7)."""
    encoded = rlp.wrap_list(rlp.encode_bytes(creator) + rlp.encode_scalar(nonce))
    return Recipient(keccak(encoded)[12:])


def create2_address(creator: Recipient, salt: int, initcode: bytes) -> Recipient:
    """Where CREATE2 puts its contract (EIP-1014)."""
    return Recipient(keccak(b"\xff" + creator + salt.to_bytes(32, "big") + keccak(initcode))[12:])
