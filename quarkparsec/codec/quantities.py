"""Hexadecimal as JSON-RPC writes it, and nothing else.

Ethereum's execution API spells a quantity `0x0` or `0x` followed by digits without a leading zero, and
data as `0x` followed by an even number of digits. Python's own `int(text, 16)` and `bytes.fromhex`
also take spaces, underscores, signs and other scripts' digits; a server must not.
"""

from __future__ import annotations

import re
from typing import Final

from quarkparsec.errors import InvalidInput

_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]*)", re.ASCII)
_SLOT: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)


def parse_quantity(text: object, *, bits: int = 256) -> int:
    """A number below 2^bits from its canonical spelling. Raises InvalidInput."""
    if type(text) is not str or len(text) > 2 + 64 or not _QUANTITY.fullmatch(text):
        raise InvalidInput("expected a hex quantity such as 0x1f")
    value = int(text, 16)
    if value >> bits:
        raise InvalidInput(f"hex number > {bits} bits")
    return value


def parse_data(text: object, *, size: int | None = None) -> bytes:
    """Bytes from 0x-prefixed hex, of exactly `size` bytes when given. Raises InvalidInput."""
    if type(text) is not str or text[:2] != "0x":
        raise InvalidInput("expected 0x-prefixed hex data")
    try:
        data = bytes.fromhex(text[2:])
    except ValueError:
        raise InvalidInput("expected hex data with an even number of digits") from None
    if 2 * len(data) + 2 != len(text):  # fromhex skips spaces
        raise InvalidInput("expected hex data without spaces")
    if size is not None and len(data) != size:
        raise InvalidInput(f"expected {size} bytes of hex data, got {len(data)}")
    return data


def parse_slot(text: object) -> bytes:
    """A 32-byte storage key; clients also send it short, as `0x0`. Raises InvalidInput."""
    if type(text) is not str or not _SLOT.fullmatch(text):
        raise InvalidInput("expected a storage key of 1 to 64 hex digits")
    return int(text, 16).to_bytes(32, "big")


def quantity(value: int) -> str:
    """The canonical spelling of a number."""
    return hex(value)


def data(value: bytes) -> str:
    """The canonical spelling of bytes."""
    return "0x" + value.hex()
