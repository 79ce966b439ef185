"""A shard that moves away from this slave: step(event) → effects. At most one at a time.

    Working ──ClosePool──> Closing ──> Closed ──topology──> Working, without it
       ^                      │           │
       └──────── EndMove ─────┴───────────┘

While a copy is made, this side only answers questions. In the end, when the shard is held back from the epochs,
its pool is closed: nothing of it changes any more, so that the target can have all of it. Whether the shard
then moves is for the master to write and the topology to say; until one of its words has come, the pool stays
closed, whatever becomes of the connection.

The end of this process opens the pool again. That does no harm: what is in a pool is promised to nobody.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec.shard.arrival import Given, HasFailed, MasterUp, Say
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import ClosePool, EndMove, MoveFailed, MoveId, PoolClosed

# --- states


class Working(NamedTuple):
    pass


class Closing(NamedTuple):
    shard_id: ShardId
    move: MoveId


class Closed(NamedTuple):
    shard_id: ShardId
    move: MoveId


State = Working | Closing | Closed


# --- events, besides the master's orders and those of an arrival


class IsClosed(NamedTuple):
    """The shard is at rest at its last block, and its pool is closed."""

    move: MoveId


Event = Union[ClosePool, EndMove, MasterUp, IsClosed, HasFailed, Given]


# --- effects


class Shut(NamedTuple):
    """Close the pool, with this block as the last; say `IsClosed`."""

    shard_id: ShardId
    move: MoveId
    block_hash: Hash32


class Reopen(NamedTuple):
    """Open it again."""

    shard_id: ShardId


Effect = Union[Say, Shut, Reopen]


class Departure:
    """The shard that is to leave."""

    def __init__(self) -> None:
        self._state: State = Working()
        self._effects: list[Effect] = []

    @property
    def state(self) -> State:
        """How far it is."""
        return self._state

    def step(self, event: Event) -> list[Effect]:
        """Act on one event."""
        self._state = self._next(self._state, event)
        taken, self._effects = self._effects, []
        return taken

    def _next(self, now: State, event: Event) -> State:
        match now, event:
            case _, ClosePool():
                return self._close(now, event)
            case Closing(), IsClosed() if event.move == now.move:
                self._effects.append(Say(PoolClosed(now.shard_id, now.move)))
                return Closed(now.shard_id, now.move)
            case Closing(), HasFailed() if event.move == now.move:
                self._effects.append(Say(MoveFailed(now.shard_id, now.move, event.words)))
                return self._reopen(now)
            case Closed(), MasterUp():
                self._effects.append(Say(PoolClosed(now.shard_id, now.move)))
            case Closing() | Closed(), EndMove() if event.move == now.move:
                return self._reopen(now)
            case Closing() | Closed(), Given() if now.shard_id not in event.shards:
                return Working()
        return now

    def _close(self, now: State, event: ClosePool) -> State:
        """Begin. What was closed before belongs to a move that the master has ended, or forgotten."""
        self._reopen(now)
        self._effects.append(Shut(event.shard_id, event.move, Hash32(event.block_hash)))
        return Closing(event.shard_id, event.move)

    def _reopen(self, now: State) -> State:
        if not isinstance(now, Working):
            self._effects.append(Reopen(now.shard_id))
        return Working()
