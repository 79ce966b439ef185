"""What the shard machine hears, and what it does about it."""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec import effects as effect
from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.receipt import Receipt
from quarkparsec.effects import JobDone, Persisted, Tick
from quarkparsec.shard.block_draft import Invalid
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import Abort, Commit, Invite, Open, OpenLane, Seal, Welcome
from quarkparsec.wire.lanes import LaneMessages


class Announce(NamedTuple):
    """A block of this shard is committed: receipts, subscriptions and caches may follow it."""

    block: ShardBlock
    receipts: tuple[Receipt, ...]
    invalid: tuple[Invalid, ...]
    """What the pool forgot because the block could not hold it."""


Event = Union[
    Invite, Welcome, Open, OpenLane, LaneMessages, Seal, Commit, Abort, Persisted, JobDone, Tick
]
Effect = Union[
    effect.Send[wire.FromShard | LaneMessages],
    effect.Persist,
    effect.Run,
    effect.WakeAt,
    Announce,
]
