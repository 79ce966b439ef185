"""What the sender of a transaction signed, read out of the signed bytes themselves.

The signature is the last part of a transaction's list, and everything before it is signed as it stands.
So the signing hash needs no second encoding: cut the signature off, put a new list prefix on. A legacy
transaction has `v` in the signature's place and, since EIP-155, signs `chain id, 0, 0` there.
"""

from __future__ import annotations

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Hash32

_EIP155_OFFSET = 35


def legacy_v(chain_id: int, parity: int) -> int:
    """The `v` of a replay-protected legacy signature (EIP-155)."""
    return _EIP155_OFFSET + 2 * chain_id + parity


def split_legacy_v(v: int) -> tuple[int, int]:
    """Chain id and parity from a `v` of at least 35."""
    return divmod(v - _EIP155_OFFSET, 2)


def legacy_signing_hash(raw: bytes, chain_id: int, parity: int, r: int, s: int) -> Hash32:
    """The hash under the signature of the legacy transaction `raw`, which is well-formed."""
    signature_bytes = _size(legacy_v(chain_id, parity)) + _size(r) + _size(s)
    signed = raw[rlp.list_payload_offset(raw) : -signature_bytes]
    return keccak(rlp.wrap_list(signed + rlp.encode_scalar(chain_id) + b"\x80\x80"))


def typed_signing_hash(raw: bytes, parity: int, r: int, s: int) -> Hash32:
    """The hash under the signature of the typed transaction `raw`, which is well-formed."""
    signature_bytes = _size(parity) + _size(r) + _size(s)
    signed = raw[rlp.list_payload_offset(raw, 1) : -signature_bytes]
    return keccak(raw[:1] + rlp.wrap_list(signed))


def _size(value: int) -> int:
    """Bytes of the RLP of a number below 2^440."""
    return 1 if value < 0x80 else 1 + (value.bit_length() + 7 >> 3)
