"""What the root machine hears besides messages, and what it does besides sending and writing."""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec import effects as effect
from quarkparsec.chain.block import RootBlock
from quarkparsec.effects import Persisted, Tick
from quarkparsec.root.topology import Topology
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import Committed, HasWork, Join, LaneEnded, Sealed, Working


class LinkUp(NamedTuple):
    """The shard can be reached (again)."""

    shard_id: ShardId


class LinkDown(NamedTuple):
    """The connection to the shard broke: it will not answer."""

    shard_id: ShardId


class Announce(NamedTuple):
    """An epoch is committed."""

    block: RootBlock


class Excluded(NamedTuple):
    """A shard is left out until it joins again."""

    shard_id: ShardId
    reason: str


class Held(NamedTuple):
    """The shard takes part in no epoch until it is released or has moved: this is its last block."""

    shard_id: ShardId
    block_hash: Hash32


class Rearranged(NamedTuple):
    """It is durable who is where now."""

    topology: Topology


Event = Union[
    Join, HasWork, LaneEnded, Sealed, Committed, Working, LinkUp, LinkDown, Persisted, Tick
]
Told = Union[Announce, Excluded, Held, Rearranged]
Effect = Union[effect.Send[wire.FromMaster], effect.Persist, effect.WakeAt, Told]
