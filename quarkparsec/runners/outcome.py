"""What running a transaction yields.

`Done` means the transaction was valid and is part of the block, whether its code succeeded or not; a
transaction that must not be in the block raises `Rejected` instead, before it changes anything.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.chain.log import Log
from quarkparsec.types import Gas, Recipient, Wei

FAILURE: Final = 0
SUCCESS: Final = 1


class Done(NamedTuple):
    """The receipt's facts, and the tip that is to be credited to the coinbase."""

    status: int
    """1 if the outermost frame succeeded, else 0."""
    gas_used: Gas
    """What is paid for: after refunds, and not below the floor of EIP-7623."""
    tip: Wei
    """gas used × priority fee per gas. Nobody was credited: lane 4 pays the coinbase once an epoch."""
    logs: tuple[Log, ...]
    output: bytes
    """What the outermost frame returned or reverted with; the new code for a creation."""
    contract: Recipient | None
    """The contract that a creation made, or would have made; None for a call."""
    error: str | None
    """Why the outermost frame failed, in geth's words, or None."""
