"""What the master and two slaves say to each other while a shard moves from one to the other.

    master                target                             source
      │ ─── FetchShard ────▶ │                                  │
      │                      │ ─ ReadRows ────────────────────▶ │   again and again: a snapshot, while the shard works
      │ ◀── CopyProgress ─── │ ─ ReadBlocksAfter ─────────────▶ │   what it did meanwhile is done again
      │ ◀── CopyClose ────── │                                  │
      │   the shard is held: it takes part in no epoch
      │ ─── ClosePool ───────────────────────────────────────▶ │   it takes no transactions any more
      │ ◀── PoolClosed ──────────────────────────────────────── │
      │ ─── CompleteCopy ──▶ │ ─ ReadBlocksAfter, ReadPool ───▶ │
      │ ◀── Arrived ──────── │                                  │
      │   the topology is written: that write is the move
      │ ─── TopologyChanged ▶│                                  │   the target opens its copy
      │ ─── TopologyChanged ─────────────────────────────────▶ │   the source deletes its own

Instead of going on the master may say EndMove at any time before it writes: the shard stays where it is.
Links lose messages only when they break, and a move doesn't survive the break of a link or the end of a
process before the write. Who was told to hand over doesn't know then whether the master has written: it
says PoolClosed or Arrived once more to each master that it reaches, and is told EndMove or the topology.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import CountField, HashField


class MoveId(Struct, frozen=True, order=True, array_like=True):
    """One attempt to move a shard: counted within a term of the master."""

    term: CountField
    number: CountField


class Stage(Enum):
    """How far a move is."""

    COPYING = "copying"
    VERIFYING = "verifying"
    CATCHING_UP = "catching up"
    HANDING_OVER = "handing over"
    DONE = "done"
    FAILED = "failed"


# --- from the master


class FetchShard(Struct, frozen=True, tag=True):
    """To the target: make a copy of a shard that `source` holds."""

    shard_id: ShardId
    move: MoveId
    source: str


class ClosePool(Struct, frozen=True, tag=True):
    """To the source: the shard is held back; take no more transactions for it."""

    shard_id: ShardId
    move: MoveId
    block_hash: HashField
    """Of the shard's last block, which the root chain names."""


class CompleteCopy(Struct, frozen=True, tag=True):
    """To the target: the source stands still. Follow it to the end, make the copy durable, take the pool."""

    shard_id: ShardId
    move: MoveId
    block_hash: HashField


class EndMove(Struct, frozen=True, tag=True):
    """To both: the shard stays where it is."""

    shard_id: ShardId
    move: MoveId


# --- from the slaves


class CopyProgress(Struct, frozen=True, tag=True):
    """From the target: it is working on it."""

    shard_id: ShardId
    move: MoveId
    stage: Stage
    rows: CountField
    """That have arrived."""
    size_bytes: CountField
    """What they weigh."""
    total_bytes: CountField
    """What the source expects all of them to weigh."""


class CopyClose(Struct, frozen=True, tag=True):
    """From the target: the copy is right, and so close behind that the shard may be held."""

    shard_id: ShardId
    move: MoveId


class PoolClosed(Struct, frozen=True, tag=True):
    """From the source: nothing of the shard changes any more until the move is decided."""

    shard_id: ShardId
    move: MoveId


class Arrived(Struct, frozen=True, tag=True):
    """From the target: the shard's last block is here, and would survive a power cut."""

    shard_id: ShardId
    move: MoveId


class MoveFailed(Struct, frozen=True, tag=True):
    """From either: it can't go on."""

    shard_id: ShardId
    move: MoveId
    words: str


MoveOrder = FetchShard | ClosePool | CompleteCopy | EndMove
MoveReport = CopyProgress | CopyClose | PoolClosed | Arrived | MoveFailed
