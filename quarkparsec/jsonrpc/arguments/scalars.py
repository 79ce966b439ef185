"""Numbers, bytes and switches, refused in geth's words (common/hexutil).

What is accepted is decided by `codec.quantities`; this module only explains a refusal.
"""

from __future__ import annotations

import re
from typing import Final

from quarkparsec.codec import quantities
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.rpc_error import invalid_params
from quarkparsec.types import ADDRESS_BYTES, RECIPIENT_BYTES, Address, Hash32, Recipient, Slot

_DIGITS: Final = re.compile(r"[0-9a-fA-F]*", re.ASCII)
_SLOT: Final = re.compile(r"0x[0-9a-fA-F]*", re.ASCII)
_SLOT_TEXT_MAX: Final = 66
_SHOWN_MAX: Final = 80
"""Characters of an offending text that are echoed."""


def parse_bool(value: object) -> bool:
    """true or false."""
    if type(value) is not bool:
        raise InvalidInput("expected true or false")
    return value


def parse_uint64(value: object) -> int:
    """A quantity below 2^64."""
    return _parse_quantity(value, 64)


def parse_uint256(value: object) -> int:
    """A quantity below 2^256."""
    return _parse_quantity(value, 256)


def parse_count(value: object) -> int:
    """A quantity; wallets also send it as a JSON number."""
    if type(value) is int and value >= 0:
        return value
    return _parse_quantity(value, 64)


def parse_bytes(value: object) -> bytes:
    """Any number of bytes."""
    try:
        return quantities.parse_data(value)
    except InvalidInput:
        digits = _digits(value)
        words = "hex string of odd length" if len(digits) % 2 else "invalid hex string"
        raise InvalidInput(words) from None


def parse_recipient(value: object) -> Recipient:
    """A 20-byte address in any mixture of cases; checksums (EIP-55) are for people."""
    return Recipient(_parse_fixed(value, RECIPIENT_BYTES))


def parse_address(value: object) -> Address:
    """A 24-byte address: recipient and shard key."""
    return Address.decode(_parse_fixed(value, ADDRESS_BYTES))


def parse_hash(value: object) -> Hash32:
    """32 bytes."""
    return Hash32(_parse_fixed(value, 32))


def parse_slot(value: object) -> Slot:
    """A storage key: up to 64 digits, short ones stand for small numbers. Raises RpcError, as geth."""
    if type(value) is not str:
        raise InvalidInput("expected a hex string")
    if len(value) > _SLOT_TEXT_MAX:
        shown = value[:_SHOWN_MAX]
        raise invalid_params(f'storage key too long (want at most 32 bytes): "{shown}"')
    if not _SLOT.fullmatch(value):
        raise invalid_params(f'invalid hex in storage key: "{value}"')
    return Slot(int(value[2:] or "0", 16).to_bytes(32, "big"))


def _parse_quantity(value: object, bits: int) -> int:
    try:
        return quantities.parse_quantity(value, bits=bits)
    except InvalidInput:
        raise InvalidInput(_why_no_quantity(_digits(value), bits)) from None


def _why_no_quantity(digits: str, bits: int) -> str:
    if not digits:
        return 'hex string "0x"'
    if not _DIGITS.fullmatch(digits):
        return "invalid hex string"
    if digits[0] == "0":
        return "hex number with leading zero digits"
    return f"hex number > {bits} bits"


def _parse_fixed(value: object, size: int) -> bytes:
    try:
        return quantities.parse_data(value, size=size)
    except InvalidInput:
        digits = _digits(value)
        words = f"hex string has length {len(digits)}, want {2 * size}"
        raise InvalidInput(words if len(digits) != 2 * size else "invalid hex string") from None


def _digits(value: object) -> str:
    """What follows the prefix of a text that was refused."""
    if type(value) is not str:
        raise InvalidInput("expected a hex string")
    if not value:
        raise InvalidInput("empty hex string")
    if value[:2] != "0x":
        raise InvalidInput("hex string without 0x prefix")
    return value[2:]
