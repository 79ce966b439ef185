"""Keccak-256, Ethereum's hash, from the C implementation in safe-pysha3."""

from __future__ import annotations

from typing import Final

from sha3 import keccak_256

from quarkparsec.types import Hash32


def keccak(data: bytes) -> Hash32:
    """The 32-byte Keccak-256 hash of `data`."""
    return Hash32(keccak_256(data).digest())


EMPTY_HASH: Final = keccak(b"")
"""keccak256 of nothing: the code hash of an account without code."""

EMPTY_TRIE_ROOT: Final = keccak(b"\x80")
"""keccak256(rlp(b'')): the root of an empty trie."""

EMPTY_OMMERS_HASH: Final = keccak(b"\xc0")
"""keccak256(rlp([])): the hash of an empty list."""
