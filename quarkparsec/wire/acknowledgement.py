"""The answer to whoever hands in transactions.

Anoma's TransactionAck without its signature: the node signs nothing, and its processes prove themselves to
each other. The same message is said by a shard that takes transactions into its pool, and by the worker that
orders them.
"""

from __future__ import annotations

from msgspec import Struct

from quarkparsec.types import Epoch, Hash32, Stage


class TransactionAck(Struct, frozen=True):
    """These will be in this epoch or a later one; in which place is not said (R2)."""

    hashes: tuple[Hash32, ...]
    epoch: Epoch
    epoch_start: int
    """Seconds since 1970."""
    worker: int
    """The shard."""
    stage: Stage
    """ADMITTED or ORDERED: what the acknowledgement is worth."""
