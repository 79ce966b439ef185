"""Where a shard has come on the root chain."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.types import Epoch, Hash32, Wei


class RootHead(NamedTuple):
    """The end of the root chain as far as the shard has been told."""

    epoch: Epoch
    root_hash: Hash32
    base_fee: Wei
    """Of the next epoch."""
    since_ms: int = 0
    """When it was applied here."""

    @property
    def next_epoch(self) -> Epoch:
        """The first epoch that what comes in now can be in."""
        return Epoch(self.epoch + 1)
