"""A chain that begins with many accounts, so that a split has something to sweep."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import orjson

from quarkparsec.types import RECIPIENT_BYTES

DEVNET: Final = Path(__file__).parent.parent.parent.parent / "genesis" / "devnet.json"
BALANCE: Final = "0xde0b6b3a7640000"
"""One ether."""


def write_genesis(path: Path, accounts: int, seed: int = 1) -> None:
    """The development chain with so many more accounts, at random places."""
    chance = random.Random(seed)  # noqa: S311 - whose accounts they are is no secret
    genesis = orjson.loads(DEVNET.read_bytes())
    crowd = (chance.randbytes(RECIPIENT_BYTES).hex() for _ in range(accounts))
    genesis["alloc"] |= {f"0x{recipient}": {"balance": BALANCE} for recipient in crowd}
    path.write_bytes(orjson.dumps(genesis))
