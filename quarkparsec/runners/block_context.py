"""The block around a transaction: what it can see besides the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from quarkparsec.chain.fork import Fork
from quarkparsec.types import Gas, Hash32, Recipient, Wei


class BlockContext(NamedTuple):
    """The same for every transaction of one shard in one epoch."""

    chain_id: int
    """The cluster's chain id, whichever one the transaction was signed for."""
    number: int
    timestamp: int
    """Seconds since 1970."""
    gas_limit: Gas
    """Of one shard block."""
    base_fee: Wei
    """Wei per gas, burned."""
    coinbase: Recipient
    prevrandao: Hash32
    """The epoch's seed."""
    block_hash: Callable[[int], Hash32 | None]
    """The hash of an earlier root block; None where BLOCKHASH is to answer 0."""
    fork: Fork
    universal: frozenset[Recipient]
    """Contracts that exist in every shard and belong to no key."""
