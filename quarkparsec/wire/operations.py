"""What operators ask of the master, through the admin port: how many shards there are, and who holds them.

A split is answered when it has happened, the rest at once, with what begins; or with Rejected, and then nothing has
changed. How moves go on, ReadMoves tells.
"""

from __future__ import annotations

import msgspec

from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from quarkparsec.wire.queries import Query


class Reshard(Query, frozen=True):
    """Split every shard, so that there are so many: Resharded."""

    shard_count: int


class Resharded(Query, frozen=True):
    """The root block after which there are so many shards."""

    epoch: int
    shard_count: int


class MakeReady(Query, frozen=True):
    """The master to a slave: its shards are to be split, so make that quick: Nothing."""


class MoveShard(Query, frozen=True):
    """Move a shard to another slave: Moves."""

    shard_id: ShardId
    slave: str


class AddSlave(Query, frozen=True):
    """Let a slave, which runs and listens there, belong to the cluster: Moves."""

    name: str
    host: str
    port: int


class RemoveSlave(Query, frozen=True):
    """Move everything that a slave holds elsewhere, then forget it: Moves."""

    name: str


class ReadMoves(Query, frozen=True):
    """What is under way, and what became of the last moves: Moves."""


class MoveView(msgspec.Struct, frozen=True, array_like=True):
    """A move, under way or over."""

    shard_id: ShardId
    source: str
    target: str
    stage: Stage
    words: str
    """Why it failed, if it did."""
    rows: int
    """That the target has."""
    size_bytes: int
    total_bytes: int
    began_ms: int
    changed_ms: int
    """When it was last heard of."""


class DrainView(msgspec.Struct, frozen=True, array_like=True):
    """A slave that is to leave."""

    name: str
    is_over: bool
    words: str
    """Why it stays, if it does."""


class Moves(Query, frozen=True):
    """The last moves, the one under way last; and the last slave that was to leave."""

    moves: list[MoveView]
    drain: DrainView | None


Operation = MoveShard | AddSlave | RemoveSlave | ReadMoves
OperationMessage = Operation | Moves | Reshard | Resharded | MakeReady
