"""Which Ethereum rules a chain follows: a genesis field, the same from the first block to the last.

A fork fixes the transaction types, the gas schedule and the precompiled contracts. Blocks look the same
under both: headers have Prague's 21 fields.
"""

from __future__ import annotations

from typing import Final, Literal

from quarkparsec.types import Recipient

Fork = Literal["cancun", "prague"]

FORKS: Final[tuple[Fork, ...]] = ("cancun", "prague")


def _precompiles(last: int) -> frozenset[Recipient]:
    return frozenset(Recipient(number.to_bytes(20, "big")) for number in range(1, last + 1))


PRECOMPILES: Final[dict[Fork, frozenset[Recipient]]] = {
    "cancun": _precompiles(0x0A),  # up to the KZG point evaluation of EIP-4844
    "prague": _precompiles(0x11),  # and the seven BLS12-381 operations of EIP-2537
}
"""Contracts that are part of the machine. They live in every shard and belong to no key."""
