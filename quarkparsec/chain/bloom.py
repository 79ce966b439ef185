"""The 2048-bit filter that tells which blocks can't contain a log (Yellow Paper, equation 30).

Each recipient and each topic sets three bits, taken from the first three pairs of bytes of its hash.
A filter answers "not here" with certainty and "perhaps" otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.chain.log import Log
from quarkparsec.crypto.keccak import keccak

BLOOM_BYTES: Final = 256
EMPTY_BLOOM: Final = bytes(BLOOM_BYTES)

_BIT_MASK: Final = BLOOM_BYTES * 8 - 1


def bloom(logs: Iterable[Log]) -> bytes:
    """The filter, 256 bytes, of every recipient and topic in `logs`."""
    bits = 0
    for log in logs:
        bits |= _bits(log.recipient)
        for topic in log.topics:
            bits |= _bits(topic)
    return bits.to_bytes(BLOOM_BYTES, "big")


def union(blooms: Iterable[bytes]) -> bytes:
    """The filter of everything that any of `blooms` contains."""
    bits = 0
    for each in blooms:
        bits |= int.from_bytes(each, "big")
    return bits.to_bytes(BLOOM_BYTES, "big")


def may_contain(bloom: bytes, item: bytes) -> bool:
    """False if no log with this recipient or topic went into `bloom`."""
    bits = _bits(item)
    return int.from_bytes(bloom, "big") & bits == bits


def _bits(item: bytes) -> int:
    digest = keccak(item)
    return (
        1 << (int.from_bytes(digest[0:2], "big") & _BIT_MASK)
        | 1 << (int.from_bytes(digest[2:4], "big") & _BIT_MASK)
        | 1 << (int.from_bytes(digest[4:6], "big") & _BIT_MASK)
    )
