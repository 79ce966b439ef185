"""Who there is in a world of moving shards, and what stands for a block."""

from __future__ import annotations

from typing import Final

from quarkparsec.types import Hash32

MASTER: Final = "master"
SLAVES: Final = ("slave-0", "slave-1", "slave-2")
SHARDS: Final = 4


class Wrong(AssertionError):
    """The run shows what must never be."""


def require(holds: bool, words: str) -> None:
    if not holds:
        raise Wrong(words)


def block_hash(blocks: int) -> Hash32:
    """What stands for the last of so many blocks."""
    return Hash32(blocks.to_bytes(32, "big"))
