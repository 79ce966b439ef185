"""Recursive Length Prefix, strict both ways (Yellow Paper, appendix B).

An item is bytes or a list of items. Each item has exactly one encoding; `decode` refuses every other
one (a single byte below 0x80 with a prefix, a long form for a short length, a length with leading
zeros, bytes left over), so `encode(decode(x)) == x` whenever `decode` returns. Scalars are big-endian
without leading zeros. Nesting is bounded: the deepest list of any transaction is four levels down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Union

from quarkparsec.errors import InvalidInput

Item = Union[bytes, list["Item"]]

DEPTH_MAX: Final = 16
"""Levels of nested lists: four times what a transaction needs, far below Python's stack."""

_SHORT_MAX: Final = 55
_SHORT_STRING: Final = [bytes((0x80 + size,)) for size in range(_SHORT_MAX + 1)]
_SHORT_LIST: Final = [bytes((0xC0 + size,)) for size in range(_SHORT_MAX + 1)]


def encode(item: Item) -> bytes:
    """The encoding of bytes or of a (nested) list."""
    if isinstance(item, list):
        return wrap_list(b"".join([encode(member) for member in item]))
    return encode_bytes(item)


def encode_bytes(value: bytes) -> bytes:
    """The encoding of a byte string."""
    size = len(value)
    if size == 1 and value[0] < 0x80:
        return value
    if size <= _SHORT_MAX:
        return _SHORT_STRING[size] + value
    return _long_prefix(0xB7, size) + value


def encode_scalar(value: int) -> bytes:
    """The encoding of a non-negative number."""
    if value < 0x80:
        return b"\x80" if value == 0 else bytes((value,))
    size = (value.bit_length() + 7) >> 3
    return _SHORT_STRING[size] + value.to_bytes(size, "big")


def encode_sequence(encoded_members: Sequence[bytes]) -> bytes:
    """A list whose members are encoded already."""
    return wrap_list(b"".join(encoded_members))


def wrap_list(payload: bytes) -> bytes:
    """Put a list's prefix before its payload."""
    size = len(payload)
    if size <= _SHORT_MAX:
        return _SHORT_LIST[size] + payload
    return _long_prefix(0xF7, size) + payload


def scalar_bytes(value: int) -> bytes:
    """A number as the big-endian bytes that RLP stores: no leading zeros, zero is empty."""
    return value.to_bytes((value.bit_length() + 7) >> 3, "big")


def scalar(item: Item, *, bits: int = 256) -> int:
    """A number below 2^bits from a decoded item. Raises InvalidInput."""
    if not isinstance(item, bytes):
        raise InvalidInput("rlp: expected a number, found a list")
    if len(item) << 3 > bits:
        raise InvalidInput(f"rlp: number does not fit {bits} bits")
    if item and item[0] == 0:
        raise InvalidInput("rlp: number with leading zeros")
    return int.from_bytes(item, "big")


def decode(encoded: bytes) -> Item:
    """The one item that `encoded` spells. Raises InvalidInput for anything else."""
    if not encoded:
        raise InvalidInput("rlp: no bytes")
    is_list, start, end = _header(encoded, 0, len(encoded))
    if end != len(encoded):
        raise InvalidInput("rlp: bytes after the item")
    return _members(encoded, start, end, 1) if is_list else encoded[start:end]


def decode_list(encoded: bytes, offset: int = 0) -> list[Item]:
    """The list that fills `encoded` from `offset` to its end. Raises InvalidInput."""
    size = len(encoded)
    if offset >= size or encoded[offset] < 0xC0:
        raise InvalidInput("rlp: expected a list")
    _, start, end = _header(encoded, offset, size)
    if end != size:
        raise InvalidInput("rlp: bytes after the list")
    return _members(encoded, start, end, 1)


def split_list(encoded: bytes) -> list[bytes]:
    """The members of the list that `encoded` spells, still encoded. Raises InvalidInput."""
    if not encoded or encoded[0] < 0xC0:
        raise InvalidInput("rlp: expected a list")
    _, offset, end = _header(encoded, 0, len(encoded))
    if end != len(encoded):
        raise InvalidInput("rlp: bytes after the list")
    members = []
    while offset < end:
        # A hash, the commonest member of a trie's node, inlined.
        stop = offset + 33 if encoded[offset] == 0xA0 else _header(encoded, offset, end)[2]
        members.append(encoded[offset:stop])
        offset = stop
    if offset != end:
        raise InvalidInput("rlp: item longer than its list")
    return members


def list_payload_offset(encoded: bytes, offset: int = 0) -> int:
    """Where the payload of the list that starts at `offset` begins."""
    prefix = encoded[offset]
    return offset + 1 if prefix <= 0xF7 else offset + 1 + prefix - 0xF7


def _members(encoded: bytes, offset: int, end: int, depth: int) -> list[Item]:
    if depth > DEPTH_MAX:
        raise InvalidInput("rlp: lists nested too deep")
    members: list[Item] = []
    append = members.append
    while offset < end:
        prefix = encoded[offset]
        # The commonest forms, inlined: this loop reads every transaction.
        if prefix < 0x80:
            append(encoded[offset : offset + 1])
            offset += 1
        elif prefix < 0xB8 and prefix != 0x81:
            stop = offset + prefix - 0x7F
            append(encoded[offset + 1 : stop])
            offset = stop
        elif prefix == 0xC0 and depth < DEPTH_MAX:
            append([])
            offset += 1
        else:
            is_list, start, stop = _header(encoded, offset, end)
            append(_members(encoded, start, stop, depth + 1) if is_list else encoded[start:stop])
            offset = stop
    if offset != end:
        raise InvalidInput("rlp: item longer than its list")
    return members


def _header(encoded: bytes, offset: int, end: int) -> tuple[bool, int, int]:
    """Whether the item at `offset` is a list, and where its payload starts and ends."""
    prefix = encoded[offset]
    if prefix < 0x80:
        return False, offset, offset + 1
    is_list = prefix >= 0xC0
    short = 0xC0 if is_list else 0x80
    if prefix - short <= _SHORT_MAX:
        start, size = offset + 1, prefix - short
    else:
        start, size = _long_header(encoded, offset, prefix - short - _SHORT_MAX, end)
    if start + size > end:
        raise InvalidInput("rlp: item longer than its input")
    if not is_list and size == 1 and prefix == 0x81 and encoded[start] < 0x80:
        raise InvalidInput("rlp: a single small byte needs no prefix")
    return is_list, start, start + size


def _long_header(encoded: bytes, offset: int, width: int, end: int) -> tuple[int, int]:
    start = offset + 1 + width
    if start > end or encoded[offset + 1] == 0:
        raise InvalidInput("rlp: bad length")
    size = int.from_bytes(encoded[offset + 1 : start], "big")
    if size <= _SHORT_MAX:
        raise InvalidInput("rlp: long form for a short item")
    return start, size


def _long_prefix(base: int, size: int) -> bytes:
    if size < 0x100:
        return bytes((base + 1, size))  # accounts, nodes, transactions: nearly everything
    length = scalar_bytes(size)
    return bytes((base + len(length),)) + length
