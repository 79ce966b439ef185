"""MODEXP at 0x05: base^exponent mod modulus over numbers of any length (EIP-198, priced by EIP-2565)."""

from __future__ import annotations

from typing import Final

from quarkparsec.runners.evm.call_data import CallData

_HEADER_BYTES: Final = 96
_GAS_MIN: Final = 200


def gas(data: CallData) -> int:
    base_size, exponent_size, modulus_size = _sizes(data)
    words = (max(base_size, modulus_size) + 7) // 8
    head = _number(data, _HEADER_BYTES + base_size, min(exponent_size, 32))
    iterations = max(head.bit_length() - 1, 0) + 8 * max(exponent_size - 32, 0)
    return max(_GAS_MIN, words * words * max(iterations, 1) // 3)


def run(data: CallData) -> bytes:
    """Three sizes of 32 bytes, then the three numbers → the result, as long as the modulus."""
    base_size, exponent_size, modulus_size = _sizes(data)
    if modulus_size == 0:
        return b""  # and if the base is empty too, the exponent's size isn't paid for
    exponent_start = _HEADER_BYTES + base_size
    modulus_start = exponent_start + exponent_size
    modulus = _number(data, modulus_start, modulus_size)
    if modulus == 0:
        return bytes(modulus_size)
    base = _number(data, _HEADER_BYTES, base_size)
    exponent = _number(data, exponent_start, exponent_size)
    return pow(base, exponent, modulus).to_bytes(modulus_size, "big")


def _sizes(data: CallData) -> tuple[int, int, int]:
    return _number(data, 0, 32), _number(data, 32, 32), _number(data, 64, 32)


def _number(data: CallData, start: int, size: int) -> int:
    """`size` bytes from `start`; past the end of the input there are zeros."""
    part = data[start : start + size]
    return int.from_bytes(part, "big") << 8 * (size - len(part))
