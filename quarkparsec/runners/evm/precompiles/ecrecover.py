"""ECRECOVER at 0x01: who signed a hash (Yellow Paper, appendix E.1).

Unlike a transaction's signature, s may be high here. A bad signature is no error: the output is empty.
"""

from __future__ import annotations

from coincurve import PublicKey

from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import CURVE_ORDER
from quarkparsec.runners.evm.call_data import CallData


def run(data: CallData) -> bytes:
    """hash ‖ v ‖ r ‖ s, 32 bytes each → the signer as a word, or nothing."""
    data = data[:128].ljust(128, b"\x00")
    v = int.from_bytes(data[32:64], "big")
    r = int.from_bytes(data[64:96], "big")
    s = int.from_bytes(data[96:128], "big")
    if v not in (27, 28) or not 0 < r < CURVE_ORDER or not 0 < s < CURVE_ORDER:
        return b""
    signature = data[64:128] + bytes((v - 27,))
    try:
        key = PublicKey.from_signature_and_message(signature, data[:32], hasher=None)
    except ValueError:
        return b""
    return keccak(key.format(compressed=False)[1:])[12:].rjust(32, b"\x00")
