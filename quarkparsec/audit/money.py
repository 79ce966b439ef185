"""The money at every root block that is checked, to the wei.

All own balances and the pending fees are the supply that the root block names; and where the epoch before
was summed, too, each shard's balances differ from then by what its legs and fees say. If the epoch ends with a
split, what a shard had then is what its two halves have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from quarkparsec.audit.findings import Findings
from quarkparsec.audit.legs import EpochLegs
from quarkparsec.chain.block import RootBlock
from quarkparsec.types import Epoch, ShardId, Wei

Sums = Mapping[ShardId, Wei | None]
"""The own balances of each shard; None where they couldn't be summed."""


class Money(NamedTuple):
    """The money at a root block, in wei."""

    epoch: Epoch
    balances: Wei
    """Of all own entries of all shards."""
    fees_pending: Wei
    supply: Wei
    """What the root block says: genesis supply − burned."""
    genesis_supply: Wei

    @property
    def surplus(self) -> int:
        """What there is too much; negative if money is missing."""
        return self.balances + self.fees_pending - self.supply


class MoneyAudit:
    """The sums of one epoch after the other."""

    def __init__(
        self,
        genesis_supply: Wei,
        legs_of: Callable[[RootBlock, int], EpochLegs],
        findings: Findings,
    ) -> None:
        """`legs_of`: those of an epoch, among so many shards."""
        self.latest: Money | None = None
        """At the last epoch for which all shards could be summed."""
        self._genesis_supply: Final = genesis_supply
        self._legs_of: Final = legs_of
        self._findings: Final = findings
        self._before: tuple[int, Sums] = (-1, {})

    def remember(self, epoch: Epoch, sums: Sums) -> None:
        """Know these sums when the next epoch is checked."""
        self._before = epoch, sums

    def check(self, root: RootBlock, sums: Sums) -> None:
        """Note whatever doesn't add up at `root`."""
        self._check_supply(root, sums)
        epoch, before = self._before
        if epoch == root.number - 1:
            with self._findings.at(root.number, None, "legs"):
                self._check_gains(root, before, sums)
        self.remember(root.number, sums)

    def _check_supply(self, root: RootBlock, sums: Sums) -> None:
        known = [each for each in sums.values() if each is not None]
        if len(known) < len(sums):
            return
        self.latest = Money(
            root.number, Wei(sum(known)), root.fees_pending, root.supply, self._genesis_supply
        )
        surplus = self.latest.surplus
        if surplus:
            with self._findings.at(root.number, None, "supply") as note:
                note(f"balances and pending fees differ from the supply by {surplus:+} wei")

    def _check_gains(self, root: RootBlock, before: Sums, sums: Sums) -> None:
        legs = self._legs_of(root, len(before))
        for shard_id in legs.shards:
            then, now = before[shard_id], _with_half(sums, shard_id, len(before))
            if then is None or now is None:
                continue
            surplus = now - then - legs.gain(shard_id, root.summaries[shard_id])
            if surplus:
                with self._findings.at(root.number, shard_id, "legs") as note:
                    note(f"the balances changed by {surplus:+} wei besides what the legs say")


def _with_half(sums: Sums, shard_id: ShardId, shard_count: int) -> Wei | None:
    """What one of `shard_count` shards has, together with the half that may have been split off from it."""
    parts = [sums[ShardId(each)] for each in range(shard_id, len(sums), shard_count)]
    known = [part for part in parts if part is not None]
    return Wei(sum(known)) if len(known) == len(parts) else None
