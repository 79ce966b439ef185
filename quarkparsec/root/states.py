"""Where the master stands.

    Starting ──> Between ──> Executing ──> Sealing ──> Storing ──┐
                    ^ ^          │            │                  │
                    │ └── abort ─┴────────────┘                  │
                    └────────────── commit ──────────────────────┘

- *Starting*: the new term isn't durable yet, so nothing may be said.
- *Between* epochs: shards join and catch up, work is reported; when it is time, the next epoch opens.
- *Executing*: a lane runs in the participants: 1, then 2 and 3 if they are wanted. *Sealing*: the
  participants make their blocks durable.
- *Storing*: all headers are here and the root block is being written. No way back: it may be
  durable already.
"""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.types import ShardId, Wei
from quarkparsec.wire.epoch import LaneEnded, Sealed


class Starting(NamedTuple):
    token: int


class Between(NamedTuple):
    pass


class Executing(NamedTuple):
    plan: EpochPlan
    lane: int
    ended: dict[ShardId, LaneEnded]
    """What those said that have ended the lane."""


class Sealing(NamedTuple):
    plan: EpochPlan
    tips: dict[ShardId, Wei]
    """What each participant's lanes brought."""
    fees: dict[ShardId, Wei]
    """What the coinbase's home credits, if it takes part."""
    summaries: dict[ShardId, ShardSummary]
    """Of those that have answered."""


class Storing(NamedTuple):
    block: RootBlock
    token: int


InRound = Executing | Sealing
State = Starting | Between | Executing | Sealing | Storing


def takes_part(now: State, shard_id: ShardId) -> TypeGuard[InRound]:
    """Whether an attempt at an epoch is under way that needs the shard."""
    return isinstance(now, InRound) and shard_id in now.plan.participants


def is_undecided(now: State, sealed: Sealed) -> bool:
    """Whether the round of a sealed block may still be committed, or may be already."""
    if isinstance(now, Storing):
        return sealed.round.epoch == now.block.number
    return isinstance(now, InRound) and sealed.round == now.plan.round
