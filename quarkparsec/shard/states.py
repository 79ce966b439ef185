"""Where a shard stands in the epoch protocol, and what it holds there.

      Absent ──> Joining ──────────────> Idle <───────────────────────────┐
                   ^  │ Welcome            │ Open                          │
                   │  └──> Replaying       v        OpenLane               │
            Invite │           │       Executing ──> Executed ──> Crossing │
         (anywhere)│           │                        │ Seal      │ Seal │
                   │           v                        v <─────────┘      │
                   │       Committing <── Sealed <── Storing <── Sealing   │
                   │           ├──> Dividing ──> Settling ──┐              │
                   └───────────┴────────────────────────────┴──────────────┘

- *Absent*: just started; this incarnation isn't durable yet, so nothing may be said.
- *Joining*: asks to join until it is welcomed. May hold a sealed block that it doesn't know the fate of.
- *Replaying*: that block is committed, and a job runs it again (its state was lost in a crash).
- *Idle*: at the root chain's head, between epochs, or left out of this one.
- *Executing*: a job runs lane 1. *Executed*: it is over; the master knows or will be told.
- *Crossing*: lane 2 or 3 runs, in jobs that take what other shards say. The shard goes on serving them
  after its own part of the lane is over, until the next lane opens or the block is sealed.
- *Sealing*: a job builds the block. *Storing*: it is being made durable. *Sealed*: it is; the master
  decides.
- *Committing*: the root block is durable; what it holds of this shard is being written.
- *Dividing*: that root block has split the shard, and its other half is being made. *Settling*: it stands, and
  that this shard is one half only is being made durable.

From Executing to Sealed the shard is *in a round*: `Abort`, a later `Open` or a `Commit` without its block
drop everything it did there.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.lane_run import LaneRun
from quarkparsec.shard.open_round import OpenRound
from quarkparsec.shard.root_head import RootHead
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire import epoch as wire


class Absent(NamedTuple):
    token: int


class Joining(NamedTuple):
    visit: wire.Visit
    record: SealedRecord | None
    """The sealed block whose fate the master knows."""
    built: BuiltBlock | None
    """The same with its state, unless a crash lost that."""


class Replaying(NamedTuple):
    head: RootHead
    root_hashes: tuple[Hash32, ...]
    """Of the root blocks up to there."""
    job_id: int


class Idle(NamedTuple):
    pass


class Executing(NamedTuple):
    open_round: OpenRound
    job_id: int


class Executed(NamedTuple):
    open_round: OpenRound
    ended: wire.LaneEnded


class Crossing(NamedTuple):
    open_round: OpenRound
    run: LaneRun
    ended: wire.LaneEnded | None
    """What the master was told once this shard's part was over."""


class Sealing(NamedTuple):
    open_round: OpenRound
    job_id: int


class Storing(NamedTuple):
    open_round: OpenRound
    record: SealedRecord
    built: BuiltBlock
    token: int


class Sealed(NamedTuple):
    open_round: OpenRound
    record: SealedRecord
    built: BuiltBlock


class Committing(NamedTuple):
    head: RootHead
    built: BuiltBlock | None
    """This shard's block of the epoch, if it has one."""
    token: int


class Dividing(NamedTuple):
    child: ShardId


class Settling(NamedTuple):
    child: ShardId
    token: int


InRound = Executing | Executed | Crossing | Sealing | Storing | Sealed
State = Absent | Joining | Replaying | Idle | InRound | Committing | Dividing | Settling
