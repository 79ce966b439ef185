"""What gateways ask of the master, and what it tells them and the slaves without being asked."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.types import ShardKey
from quarkparsec.wire.queries import Query


class Follow(Query, frozen=True):
    """Send the head and who is where, now and whenever they change: Nothing.

    They come as the notices RootCommitted and TopologyChanged.
    """


class RootCommitted(Query, frozen=True):
    """A root block was committed."""

    block: bytes


class TopologyChanged(Query, frozen=True):
    """Who is where, from now on: an encoded `root.topology.Topology`.

    Slaves hear it before anything else, and before a block that splits the shards; so do gateways.
    """

    topology: bytes


class ReadRootBlock(Query, frozen=True):
    """The root block with a number or, if that is None, with a hash: Encoded or Nothing."""

    number: int | None
    hash: bytes


class Locate(Query, frozen=True):
    """Where recipients live: Located."""

    recipients: list[bytes]


class Location(NamedTuple):
    """Where a recipient lives, as the directory knows it."""

    shard_key: ShardKey
    is_contract: bool
    """Whether code is registered there; else the key is the one that an account has."""


class Located(Query, frozen=True):
    """One location a recipient."""

    locations: list[Location]


RootQueryMessage = Follow | RootCommitted | TopologyChanged | ReadRootBlock | Locate | Located
