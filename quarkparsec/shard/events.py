"""What the shard machine hears, and what it does about it."""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec import effects as effect
from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.receipt import Receipt
from quarkparsec.effects import JobDone, Persisted, Tick
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import Invalid
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import Abort, Commit, Invite, Open, OpenLane, Seal, Welcome
from quarkparsec.wire.lanes import LaneMessages


class Announce(NamedTuple):
    """A block of this shard is committed: receipts, subscriptions and caches may follow it."""

    block: ShardBlock
    receipts: tuple[Receipt, ...]
    invalid: tuple[Invalid, ...]
    """What the pool forgot because the block could not hold it."""


class Divide(NamedTuple):
    """The shard is split: make the database of its new half, a copy of its own as it is now.

    What makes it the new half's is `division.child_batch`. Nothing is written here, and no job runs, until
    `Divided` says that the copy stands, durably. One that stands already is left alone.
    """

    shard_id: ShardId
    """The new half's."""
    born: Epoch
    """The new half's own blocks begin after this root block."""


class Divided(NamedTuple):
    """The new half's database stands, and its shard is starting or runs."""

    shard_id: ShardId
    """The new half's."""


class HandOver(NamedTuple):
    """These transactions wait for the new half of this shard now: admit them there, in this order."""

    shard_id: ShardId
    """The new half's."""
    candidates: tuple[Candidate, ...]


Event = Union[
    Invite,
    Welcome,
    Open,
    OpenLane,
    LaneMessages,
    Seal,
    Commit,
    Abort,
    Persisted,
    JobDone,
    Divided,
    Tick,
]
Told = Union[Announce, Divide, HandOver]
Effect = Union[
    effect.Send[wire.FromShard | LaneMessages],
    effect.Persist,
    effect.Run,
    effect.WakeAt,
    Told,
]
