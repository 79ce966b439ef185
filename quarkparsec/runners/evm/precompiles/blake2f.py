"""BLAKE2F at 0x09: the compression function of BLAKE2b (EIP-152), natively."""

from __future__ import annotations

from blake2b import compress

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.call_data import CallData

_INPUT_BYTES = 213


def gas(data: CallData) -> int:
    """One per round; the four bytes that say how many come first."""
    return int.from_bytes(data[:4], "big") if len(data) == _INPUT_BYTES else 0


def run(data: CallData) -> bytes:
    """rounds (4) ‖ state (64) ‖ block (128) ‖ offsets (16) ‖ final flag (1) → new state (64)."""
    if len(data) != _INPUT_BYTES:
        raise InvalidInput("invalid input length")
    final = int.from_bytes(data[212:], "big")
    if final > 1:
        raise InvalidInput("invalid final flag")
    rounds = int.from_bytes(data[:4], "big")
    state = [int.from_bytes(data[at : at + 8], "little") for at in range(4, 68, 8)]
    block = [int.from_bytes(data[at : at + 8], "little") for at in range(68, 196, 8)]
    offsets = (
        int.from_bytes(data[196:204], "little"),
        int.from_bytes(data[204:212], "little"),
    )
    output: bytes = compress(rounds, state, block, offsets, bool(final))
    return output
