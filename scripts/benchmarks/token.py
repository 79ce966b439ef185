"""The ERC-20 of token.sol: its code and the calls that the benchmarks make.

token.json holds what solc made of token.sol, so that nobody needs a compiler to measure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Recipient

_ARTIFACT: Final = json.loads(Path(__file__).with_name("token.json").read_text())

CREATION_CODE: Final = bytes.fromhex(_ARTIFACT["bytecode"].removeprefix("0x"))
"""The data of the transaction that creates a token; its sender becomes the owner."""

DEPLOY_GAS: Final = 1_000_000
TRANSFER_GAS: Final = 60_000
"""A transfer to a holder of nothing takes about 52,000."""

MINT_GAS_PER_HOLDER: Final = 30_000
MINT_GAS: Final = 80_000
"""For minting to nobody; each holder is on top."""

_TRANSFER: Final = keccak(b"transfer(address,uint256)")[:4]
_MINT: Final = keccak(b"mint(address[],uint256)")[:4]


def transfer_call(to: Recipient, value: int) -> bytes:
    """Calldata that moves `value` units from the sender to `to`."""
    return _TRANSFER + _word(to) + value.to_bytes(32, "big")


def mint_call(holders: Sequence[Recipient], value: int) -> bytes:
    """Calldata by which the owner gives each holder `value` new units."""
    head = _MINT + (64).to_bytes(32, "big") + value.to_bytes(32, "big")
    return head + len(holders).to_bytes(32, "big") + b"".join(map(_word, holders))


def mint_gas(holders: int) -> int:
    """The gas limit of minting to so many."""
    return MINT_GAS + holders * MINT_GAS_PER_HOLDER


def _word(recipient: Recipient) -> bytes:
    return recipient.rjust(32, b"\0")
