"""Paths through the trie: bytes that each hold one nibble, 0..15, high half of a key's byte first.

A leaf and an extension store theirs packed, two nibbles a byte, behind a flag nibble that says whether
the count is odd (1) and whether the node is a leaf (2): hex-prefix encoding, Yellow Paper, appendix C.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import InvalidInput

_DIGITS: Final = b"0123456789abcdef"
_NIBBLE_OF_DIGIT: Final = bytes(max(_DIGITS.find(bytes((code,))), 0) for code in range(256))
_DIGIT_OF_NIBBLE: Final = bytes(_DIGITS[code & 15] for code in range(256))

_ODD: Final = 1
_LEAF: Final = 2


def nibbles(key: bytes) -> bytes:
    """The path of a key: twice as many bytes, each 0..15."""
    return key.hex().encode().translate(_NIBBLE_OF_DIGIT)


def pack(path: bytes, *, is_leaf: bool) -> bytes:
    """The hex-prefix encoding of a path."""
    flag = _LEAF if is_leaf else 0
    flagged = bytes((flag | _ODD,)) + path if len(path) & 1 else bytes((flag, 0)) + path
    return bytes.fromhex(flagged.translate(_DIGIT_OF_NIBBLE).decode())


def unpack(packed: bytes) -> tuple[bytes, bool]:
    """The path, and whether its node is a leaf. Raises InvalidInput for what `pack` can't write."""
    flagged = nibbles(packed)
    if not flagged or flagged[0] > _LEAF | _ODD:
        raise InvalidInput("trie: bad flag in a path")
    is_leaf = flagged[0] >= _LEAF
    if flagged[0] & _ODD:
        return flagged[1:], is_leaf
    if flagged[1]:
        raise InvalidInput("trie: bad padding in a path")
    return flagged[2:], is_leaf


def shared_length(first: bytes, second: bytes, start: int = 0) -> int:
    """How many nibbles from `start` on two paths share."""
    position, end = start, min(len(first), len(second))
    while position < end and first[position] == second[position]:
        position += 1
    return position - start
