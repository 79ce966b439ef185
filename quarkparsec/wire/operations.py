"""What operators ask of the master, through the admin port: who belongs to the cluster, and who holds what.

Each is answered at once, with what begins or with Rejected, and then nothing has changed. How it goes on, ReadMoves
tells.
"""

from __future__ import annotations

import msgspec

from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from quarkparsec.wire.queries import Query


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
OperationMessage = Operation | Moves
