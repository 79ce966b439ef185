"""A shard that moves to this slave: step(event) → effects. At most one at a time.

    Empty ──FetchShard──> Copying ──> Close ──CompleteCopy──> Completing ──> Whole ──topology──> Empty
      ^                      │          │                         │            │
      └──── EndMove, failure, the master is gone ─────────────────┘            │
      └──── EndMove only ──────────────────────────────────────────────────────┘

A copy that isn't *whole* is worth nothing: whatever happens, it is thrown away, and the shard stays where it
is. A whole one is durable and may be the only one in the world in a moment, or already be: from then on
it is kept, through the end of the process, too, until the master's word. The topology gives the shard to this slave,
then the copy is the shard; or the move has ended, then it is nothing.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import (
    Arrived,
    CompleteCopy,
    CopyClose,
    EndMove,
    FetchShard,
    MoveFailed,
    MoveId,
    MoveReport,
)

# --- states


class Empty(NamedTuple):
    pass


class Copying(NamedTuple):
    shard_id: ShardId
    move: MoveId


class Close(NamedTuple):
    """The copy follows the shard, a few blocks behind."""

    shard_id: ShardId
    move: MoveId


class Completing(NamedTuple):
    shard_id: ShardId
    move: MoveId


class Whole(NamedTuple):
    shard_id: ShardId
    move: MoveId


Partial = Copying | Close | Completing
State = Empty | Partial | Whole


# --- events, besides the master's orders


class MasterUp(NamedTuple):
    """The master can be reached (again), perhaps another one."""


class MasterDown(NamedTuple):
    """The connection to it broke."""


class HasCome(NamedTuple):
    """The copy is right, and close behind."""

    move: MoveId


class IsWhole(NamedTuple):
    """The copy holds everything, through a power cut."""

    move: MoveId


class HasFailed(NamedTuple):
    """The copy can't be made."""

    move: MoveId
    words: str


class Given(NamedTuple):
    """The topology gives these shards to this slave."""

    shards: frozenset[ShardId]


Event = Union[
    FetchShard, CompleteCopy, EndMove, MasterUp, MasterDown, HasCome, IsWhole, HasFailed, Given
]


# --- effects


class Say(NamedTuple):
    """Tell the master; while it is away, nobody."""

    report: MoveReport


class Copy(NamedTuple):
    """Make a copy of a shard and keep it up to date; say `HasCome` once it is close behind."""

    shard_id: ShardId
    move: MoveId
    source: str


class Complete(NamedTuple):
    """Follow the shard to this block, make the copy durable, fetch the pool; say `IsWhole`."""

    shard_id: ShardId
    move: MoveId
    block_hash: Hash32


class Discard(NamedTuple):
    """Stop working on a copy, and delete it."""

    shard_id: ShardId
    move: MoveId


class Adopt(NamedTuple):
    """The copy is the shard: open it."""

    shard_id: ShardId
    move: MoveId


Effect = Union[Say, Copy, Complete, Discard, Adopt]


class Arrival:
    """The shard that is on its way here."""

    def __init__(self, found: Whole | None = None) -> None:
        """`found` is the whole copy that an earlier life of this process has left."""
        self._state: State = found or Empty()
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
        match event:
            case FetchShard():
                return self._fetch(now, event)
            case MasterUp():
                return self._ask(now)
            case MasterDown():
                return self._discard(now) if isinstance(now, Partial) else now
            case Given():
                return self._adopt(now, event)
        if isinstance(now, Empty) or event.move != now.move:
            return now
        return self._go_on(now, event)

    def _go_on(
        self, now: Partial | Whole, event: CompleteCopy | EndMove | HasCome | IsWhole | HasFailed
    ) -> State:
        """Something about the move that is under way."""
        match now, event:
            case _, EndMove():
                return self._discard(now)
            case Copying() | Close() | Completing(), HasFailed():
                self._say(MoveFailed(now.shard_id, now.move, event.words))
                return self._discard(now)
            case Copying(), HasCome():
                self._say(CopyClose(now.shard_id, now.move))
                return Close(now.shard_id, now.move)
            case Close(), CompleteCopy():
                block_hash = Hash32(event.block_hash)
                self._effects.append(Complete(now.shard_id, now.move, block_hash))
                return Completing(now.shard_id, now.move)
            case Completing(), IsWhole():
                self._say(Arrived(now.shard_id, now.move))
                return Whole(now.shard_id, now.move)
        return now

    def _fetch(self, now: State, event: FetchShard) -> State:
        """Begin. What was here before belongs to a move that the master has ended, or forgotten."""
        self._discard(now)
        self._effects.append(Copy(event.shard_id, event.move, event.source))
        return Copying(event.shard_id, event.move)

    def _ask(self, now: State) -> State:
        """Has it moved here? The master answers with EndMove or the topology."""
        if isinstance(now, Whole):
            self._say(Arrived(now.shard_id, now.move))
        return now

    def _adopt(self, now: State, event: Given) -> State:
        if not isinstance(now, Whole) or now.shard_id not in event.shards:
            return now
        self._effects.append(Adopt(now.shard_id, now.move))
        return Empty()

    def _discard(self, now: State) -> State:
        if not isinstance(now, Empty):
            self._effects.append(Discard(now.shard_id, now.move))
        return Empty()

    def _say(self, report: MoveReport) -> None:
        self._effects.append(Say(report))
