"""Point evaluation at 0x0a: a polynomial commitment opened at a point (EIP-4844).

The commitment C opens to y at z if the proof π satisfies e(C − y·G1, G2) = e(π, s·G2 − z·G2), where s is
the secret that nobody knows. Of the ceremony's whole result that takes one point, s·G2; so nothing has
to be loaded, which takes the usual library seconds.
"""

from __future__ import annotations

import hashlib
from typing import Final

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.call_data import CallData

BLS_MODULUS: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""The order of the groups."""

SECRET_ON_G2: Final = bytes.fromhex(
    "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72"
    "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"
)
"""s·G2, compressed: the second of the ceremony's points in G2."""

_INPUT_BYTES: Final = 192
_VERSION: Final = b"\x01"
_FIELD_ELEMENTS_PER_BLOB: Final = 4096
_SUCCESS: Final = _FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + BLS_MODULUS.to_bytes(32, "big")


def run(data: CallData) -> bytes:
    """versioned hash ‖ z ‖ y (32 each) ‖ commitment ‖ proof (48 each) → two constants."""
    if len(data) != _INPUT_BYTES:
        raise InvalidInput("invalid input length")
    versioned_hash, z, y = data[:32], data[32:64], data[64:96]
    commitment, proof = data[96:144], data[144:192]
    if _VERSION + hashlib.sha256(commitment).digest()[1:] != versioned_hash:
        raise InvalidInput("mismatched versioned hash")
    if not _is_opening(_point(commitment), _scalar(z), _scalar(y), _point(proof)):
        raise InvalidInput("error verifying kzg proof")
    return _SUCCESS


def _is_opening(commitment: G1Point, z: Scalar, y: Scalar, proof: G1Point) -> bool:
    secret = G2Point.from_compressed_bytes(SECRET_ON_G2)
    value, point = commitment - G1Point() * y, secret - G2Point() * z
    return GT.pairing_check([value, -proof], [G2Point(), point])


def _scalar(data: bytes) -> Scalar:
    if int.from_bytes(data, "big") >= BLS_MODULUS:
        raise InvalidInput("error verifying kzg proof")
    return Scalar.from_be_bytes(data)


def _point(data: bytes) -> G1Point:
    """A compressed point of the subgroup. Raises InvalidInput."""
    try:
        return G1Point.from_compressed_bytes(data)
    except ValueError as error:
        raise InvalidInput("error verifying kzg proof") from error
