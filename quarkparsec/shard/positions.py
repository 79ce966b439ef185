"""Where each transaction stands in a body, found by its hash. Seldom asked for, so it is made when it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from quarkparsec.chain.block import Entry
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Hash32


class Positions:
    """The positions in one body, which may still grow at its end."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries: Final = entries
        self._known: Final[dict[Hash32, int]] = {}

    def find(self, transaction_hash: Hash32, count: int) -> int | None:
        """The position of a transaction among the first `count`, all of which are there."""
        known = self._known
        for position in range(len(known), count):
            known[keccak(self._entries[position].raw)] = position
        position_found = known.get(transaction_hash)
        return None if position_found is None or position_found >= count else position_found
