"""What running a transaction yields: Done, NeedKeys or Failed.

*Done*: the transaction was valid and is part of the block, whether its code succeeded or not. *NeedKeys*: it
can't be run without entries of other shards; lock them, and run it again with what is there. *Failed*: no
block can hold it now. After the last two the journal is as it was before.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.chain.log import Log
from quarkparsec.types import Gas, Recipient, ShardKey, Wei

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
    gains: tuple[tuple[Recipient, Wei], ...] = ()
    """What user accounts gained here whose home is another shard: it goes home in this epoch."""
    claims: tuple[Claimed, ...] = ()
    """Contracts created here whose home is another shard."""
    money_back: Wei = Wei(0)
    """What a sender from another shard has left."""


class Claimed(NamedTuple):
    """A contract that was created outside its home, with what waited for it there."""

    recipient: Recipient
    shard_key: ShardKey
    amount: Wei
    stays: bool
    """False if it destroyed itself in the same transaction: the address is free again."""


class NeedKeys(NamedTuple):
    """The transaction creates contracts at these addresses, whose homes are other shards."""

    recipients: tuple[Recipient, ...]


class Failed(NamedTuple):
    """The transaction can't be in this block."""

    reason: str
    """In geth's words."""
    is_final: bool
    """Whether no other block will take it, either, as the state is."""


Outcome = Done | NeedKeys | Failed
