"""The authorizations of a type-4 transaction: accounts that lend themselves a contract's code (EIP-7702).

An authority signs `keccak256(0x05 ‖ rlp([chain id, recipient of the code, nonce]))`. A tuple with a bad
signature doesn't make the transaction invalid: it is skipped when the transaction runs. So decoding
checks only widths, and `authority` answers None.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import recover
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Recipient

_MAGIC: Final = b"\x05"


class Authorization(NamedTuple):
    """One signed permission: "my account, at this nonce, runs the code of `recipient`"."""

    chain_id: int
    """0 means any chain."""
    recipient: Recipient
    nonce: int
    parity: int
    r: int
    s: int

    def authority(self) -> Recipient | None:
        """Who signed, or None if the signature is none. Costs one recovery (about 50 µs)."""
        message = _MAGIC + rlp.wrap_list(
            rlp.encode_scalar(self.chain_id)
            + rlp.encode_bytes(self.recipient)
            + rlp.encode_scalar(self.nonce)
        )
        try:
            return recover(keccak(message), self.parity, self.r, self.s)
        except InvalidInput:
            return None


def decode_authorizations(item: rlp.Item) -> tuple[Authorization, ...]:
    """The authorization list of a transaction. Raises InvalidInput."""
    if not isinstance(item, list):
        raise InvalidInput("rlp: expected an authorization list")
    return tuple([_decode_authorization(member) for member in item])


def _decode_authorization(item: rlp.Item) -> Authorization:
    if not isinstance(item, list) or len(item) != 6:
        raise InvalidInput("rlp: an authorization has six fields")
    chain_id, recipient, nonce, parity, r, s = item
    if not isinstance(recipient, bytes) or len(recipient) != RECIPIENT_BYTES:
        raise InvalidInput("rlp: an authorization names a 20-byte recipient")
    return Authorization(
        rlp.scalar(chain_id),
        Recipient(recipient),
        rlp.scalar(nonce, bits=64),
        rlp.scalar(parity, bits=8),
        rlp.scalar(r),
        rlp.scalar(s),
    )
