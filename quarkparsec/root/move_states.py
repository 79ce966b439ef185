"""Where a move stands as the master sees it, what it hears of it, and what it does about it.

    Resting ──> Copying ──> Holding ──> Closing ──> Completing ──> Storing ──> Resting
       ^           │           │           │             │
       └───────────┴── failed ─┴───────────┴─────────────┘

- *Copying*: the target makes a copy, while the shard works.
- *Holding*: the copy is close behind; the shard is asked out of the epochs.
- *Closing*: it is out; the source stops taking transactions for it.
- *Completing*: nothing changes any more; the target makes its copy whole and durable.
- *Storing*: the new topology is being written. No way back: it may be durable already.

Until Storing, anything that goes wrong ends the move: the shard stays where it is, and works on.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec.effects import Tick, WakeAt
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.topology import Move
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import MoveId, MoveOrder, MoveReport, Stage
from quarkparsec.wire.operations import MoveView


class Underway(NamedTuple):
    """A shard on its way."""

    id: MoveId
    shard_id: ShardId
    source: str
    target: str


class Resting(NamedTuple):
    pass


class Copying(NamedTuple):
    move: Underway


class Holding(NamedTuple):
    move: Underway


class Closing(NamedTuple):
    move: Underway
    block_hash: Hash32
    """Of the shard's last block."""


class Completing(NamedTuple):
    move: Underway


class Storing(NamedTuple):
    move: Underway


BeforeTheWrite = Copying | Holding | Closing | Completing
State = Resting | BeforeTheWrite | Storing


class MoveStatus(NamedTuple):
    """A move as an operator sees it."""

    move: Underway
    stage: Stage
    words: str
    """Why it failed, if it did."""
    rows: int
    size_bytes: int
    total_bytes: int
    began_ms: int
    changed_ms: int
    """When it was last heard of; for one that is over, when it ended."""

    def view(self) -> MoveView:
        """As it is sent."""
        return MoveView(self.move.shard_id, self.move.source, self.move.target, *self[1:])


class Drain(NamedTuple):
    """A slave that is to leave: its shards move elsewhere one after the other."""

    name: str
    is_over: bool
    words: str
    """Why it stays, if it does."""


# --- events


class SlaveUp(NamedTuple):
    """A slave is connected."""

    name: str


class SlaveDown(NamedTuple):
    """Its connection broke."""

    name: str


class Reported(NamedTuple):
    """A slave said something about a move."""

    name: str
    report: MoveReport


class Refused(NamedTuple):
    """The root machine doesn't do what it was asked for."""

    words: str


Event = Union[SlaveUp, SlaveDown, Reported, Held, Refused, Rearranged, Tick]


# --- effects


class Tell(NamedTuple):
    """Say something to a slave."""

    name: str
    order: MoveOrder


class Hold(NamedTuple):
    """Keep the shard out of the epochs, and say `Held` once it is."""

    shard_id: ShardId


class Release(NamedTuple):
    """Let it take part again."""

    shard_id: ShardId


class Rearrange(NamedTuple):
    """Write the topology with this move, and say `Rearranged`. What was held is held no more then."""

    move: Move


class Dismiss(NamedTuple):
    """Write the topology without this slave, and say `Rearranged`."""

    name: str


Effect = Union[Tell, Hold, Release, Rearrange, Dismiss, WakeAt]
