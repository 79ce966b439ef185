"""What the master decides when it opens an epoch, before any shard has answered.

*Timestamp.* Whole seconds, never less than the parent's. Ethereum wants strictly more; an epoch here takes
milliseconds, and with strictly rising seconds a busy chain would run ahead of the clock without bound.
Sub-second chains with Ethereum's block format (Arbitrum) do the same; contracts and clients cope.

*Base fee.* EIP-1559 over the whole cluster: the gas of all shards against the limit of all shards, those
that sat the epoch out included, so that the price says how full the cluster is and doesn't jump with the
number of participants.

*Seed.* A hash of the parent's: fixed before anybody can choose, the same for every attempt at the epoch.

*Participants.* The shards that are there and have work, and the coinbase's home: the epoch's tips must
arrive somewhere. Others join in once lane 1 has shown that money or tickets reach them.

*Tickets.* Each shard that is there gets numbers for its broker, those of one attempt at the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Hash32, ShardId, Wei
from quarkparsec.wire import epoch as wire

_SEED_DOMAIN: Final = b"quarkparsec epoch seed"


class EpochPlan(NamedTuple):
    """One attempt at an epoch."""

    round: wire.Round
    timestamp: int
    """Seconds since 1970."""
    base_fee: Wei
    seed: Hash32
    participants: tuple[ShardId, ...]
    """Ascending."""
    tickets: Mapping[ShardId, wire.Tickets]
    """Of each shard that is there, whether it takes part or not."""

    @property
    def present(self) -> tuple[ShardId, ...]:
        """The shards that can be reached in this epoch, ascending."""
        return tuple(sorted(self.tickets))

    def enlist(self, shards: Iterable[ShardId]) -> EpochPlan:
        """The same attempt with more participants."""
        return self._replace(participants=tuple(sorted({*self.participants, *shards})))


def plan_epoch(
    parent: RootBlock,
    epoch_round: wire.Round,
    participants: tuple[ShardId, ...],
    tickets: Mapping[ShardId, wire.Tickets],
    now_ms: int,
) -> EpochPlan:
    """The attempt `epoch_round` at the epoch after `parent`."""
    return EpochPlan(
        epoch_round,
        max(now_ms // 1_000, parent.header.timestamp),
        base_fee_after(parent.header),
        keccak(_SEED_DOMAIN + parent.hash),
        participants,
        tickets,
    )
