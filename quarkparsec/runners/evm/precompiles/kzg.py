"""Point evaluation at 0x0a: a polynomial commitment opened at a point (EIP-4844).

The trusted setup takes seconds to load, so that happens once, when the first proof comes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import ckzg

from quarkparsec.errors import InvalidInput

_INPUT_BYTES: Final = 192
_VERSION: Final = b"\x01"
_FIELD_ELEMENTS_PER_BLOB: Final = 4096
_BLS_MODULUS: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_SUCCESS: Final = _FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + _BLS_MODULUS.to_bytes(32, "big")


def run(data: bytes) -> bytes:
    """versioned hash ‖ z ‖ y (32 each) ‖ commitment ‖ proof (48 each) → two constants."""
    if len(data) != _INPUT_BYTES:
        raise InvalidInput("invalid input length")
    versioned_hash, z, y = data[:32], data[32:64], data[64:96]
    commitment, proof = data[96:144], data[144:192]
    if _VERSION + hashlib.sha256(commitment).digest()[1:] != versioned_hash:
        raise InvalidInput("mismatched versioned hash")
    try:
        proven = ckzg.verify_kzg_proof(commitment, z, y, proof, trusted_setup())
    except (RuntimeError, ValueError) as error:
        raise InvalidInput("error verifying kzg proof") from error
    if not proven:
        raise InvalidInput("can't verify opening proof")
    return _SUCCESS


@cache
def trusted_setup() -> Any:
    """The ceremony's result, as Ethereum uses it; it ships with py-evm."""
    setup = files("eth").joinpath("_utils", "kzg_trusted_setup.txt")
    return ckzg.load_trusted_setup(str(setup), 0)
