"""Where a shard has come on the root chain."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.types import Epoch, Hash32, Wei
from quarkparsec.wire.epoch import Commit, Welcome, from_amount


class RootHead(NamedTuple):
    """The end of the root chain as far as the shard has been told."""

    epoch: Epoch
    root_hash: Hash32
    base_fee: Wei
    """Of the next epoch."""
    shard_count: int
    """From the next epoch on."""
    since_ms: int = 0
    """When it was applied here."""

    @property
    def next_epoch(self) -> Epoch:
        """The first epoch that what comes in now can be in."""
        return Epoch(self.epoch + 1)

    @classmethod
    def of(cls, message: Welcome | Commit) -> RootHead:
        """What the master says of it."""
        root_hash = message.root_hash if isinstance(message, Commit) else message.root_hashes[-1]
        base_fee = from_amount(message.base_fee)
        return cls(message.epoch, Hash32(root_hash), base_fee, message.shard_count)
