"""How the master moves shards between slaves: step(now, event) → effects. One shard at a time.

The states are in `move_states`, the messages in `wire.moves`. Rules:

1. The topology decides who holds a shard; the write of a new one is the move, and nothing else is.
2. Whatever fails before that write ends the move: a slave that is gone or says it can't, a stage in which
   nothing is heard for too long. The shard is released, both slaves are told.
3. While the topology is being written, nobody is told anything: either answer could turn out wrong.
4. A slave that reports of a move that isn't under way is told that it has ended, unless the topology says
   that it took place: then the slave learns the topology, and that is its answer.
5. Of the move that is under way nobody is heard but its two slaves, the source on what it gives and the target
   on what it has: Arrived from anybody else would make the source delete the only copy.

A slave that is to leave is drained: its shards move one after the other to whoever holds the fewest, and
when the last is gone, so is the slave. If one of the moves fails, the drain ends, and may be asked for again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from quarkparsec.effects import Tick, WakeAt
from quarkparsec.errors import Rejected
from quarkparsec.limits import MOVE_HANDOVER_MS, MOVE_SILENCE_MS, MOVES_REMEMBERED
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.move_plan import Fleet, check_drain, check_move, next_of_drain
from quarkparsec.root.move_states import (
    BeforeTheWrite,
    Closing,
    Completing,
    Copying,
    Dismiss,
    Drain,
    Effect,
    Event,
    Hold,
    Holding,
    MoveStatus,
    Rearrange,
    Refused,
    Release,
    Reported,
    Resting,
    SlaveDown,
    SlaveUp,
    State,
    Storing,
    Tell,
    Underway,
)
from quarkparsec.root.topology import Move, Topology
from quarkparsec.wire.moves import (
    Arrived,
    ClosePool,
    CompleteCopy,
    CopyClose,
    CopyProgress,
    EndMove,
    FetchShard,
    MoveFailed,
    MoveId,
    MoveOrder,
    MoveReport,
    PoolClosed,
    Stage,
)
from quarkparsec.wire.operations import DrainView, Moves


class Mover:
    """The move that is under way, and what became of the last ones."""

    def __init__(self, term: int, topology: Topology) -> None:
        self._term: Final = term
        self._topology = topology
        self._connected: Final[set[str]] = set()
        self._number = 0
        self._state: State = Resting()
        self._drain: Drain | None = None
        self._status: MoveStatus | None = None
        """Of what is under way."""
        self._past: Final[deque[MoveStatus]] = deque(maxlen=MOVES_REMEMBERED)
        self._deadline_ms = 0
        self._now_ms = 0
        self._effects: list[Effect] = []

    # --- the outside

    @property
    def state(self) -> State:
        """Where the move stands."""
        return self._state

    @property
    def statuses(self) -> tuple[MoveStatus, ...]:
        """The last moves, the one under way last."""
        return (*self._past, *((self._status,) if self._status else ()))

    @property
    def drain(self) -> Drain | None:
        """The last slave that was to leave."""
        return self._drain

    def view(self) -> Moves:
        """What operators are told."""
        drain = None if self._drain is None else DrainView(*self._drain)
        return Moves([status.view() for status in self.statuses], drain)

    @property
    def under_way(self) -> str:
        """What is going on, in words; "" if nothing is."""
        if self._drain is not None and not self._drain.is_over:
            return f"{self._drain.name} is being drained"
        if isinstance(self._state, Resting):
            return ""
        return f"shard {self._state.move.shard_id} is moving to {self._state.move.target}"

    def begin(self, now_ms: int, move: Move) -> list[Effect]:
        """Move a shard. Raises Rejected."""
        self._check_rest()
        check_move(self._fleet, move)
        self._now_ms = now_ms
        self._state = self._fetch(move)
        return self._take_effects()

    def dismiss(self, now_ms: int, name: str) -> list[Effect]:
        """Move all shards of a slave elsewhere, and let it go. Raises Rejected."""
        self._check_rest()
        check_drain(self._fleet, name)
        self._now_ms = now_ms
        self._drain = Drain(name, False, "")
        self._state = self._go_on_draining(self._drain)
        return self._take_effects()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event."""
        self._now_ms = now_ms
        if isinstance(event, Rearranged):
            self._topology = event.topology
        elif isinstance(event, SlaveUp):
            self._connected.add(event.name)
        elif isinstance(event, SlaveDown):
            self._connected.discard(event.name)
        if isinstance(event, Reported):
            self._state = self._hear(self._state, event)
        else:
            move = MOVES[type(event)].get(type(self._state))
            if move is not None:
                self._state = move(self, self._state, event)
        return self._take_effects()

    # --- the way of a move

    def _fetch(self, move: Move) -> State:
        self._number += 1
        move_id = MoveId(self._term, self._number)
        source = self._topology.holder(move.shard_id)
        under_way = Underway(move_id, move.shard_id, source, move.slave)
        now_ms = self._now_ms
        self._status = MoveStatus(under_way, Stage.COPYING, "", 0, 0, 0, now_ms, now_ms)
        self._tell(move.slave, FetchShard(move.shard_id, move_id, source))
        self._wait(MOVE_SILENCE_MS)
        return Copying(under_way)

    def _hear(self, now: State, event: Reported) -> State:
        """What a slave says of the move that is under way, or of another one; rule 4."""
        report = event.report
        if not isinstance(now, Resting) and report.move == now.move.id:
            move = REPORTS[type(report)].get(type(now))
            if move is None or event.name not in _speakers(now.move, report):
                return now
            return move(self, now, report)
        if not isinstance(report, MoveFailed) and not self._has_taken_place(event):
            self._tell(event.name, EndMove(report.shard_id, report.move))
        return now

    def _has_taken_place(self, event: Reported) -> bool:
        report = event.report
        if report.shard_id >= self._topology.shard_count:
            return False
        is_holder = self._topology.holder(report.shard_id) == event.name
        return not is_holder if isinstance(report, PoolClosed) else is_holder

    def _note_progress(self, now: Copying, report: CopyProgress) -> State:
        self._wait(MOVE_SILENCE_MS)
        self._show(
            stage=report.stage,
            rows=report.rows,
            size_bytes=report.size_bytes,
            total_bytes=report.total_bytes,
        )
        return now

    def _hold(self, now: Copying, _: CopyClose) -> State:
        self._show(stage=Stage.HANDING_OVER)
        self._effects.append(Hold(now.move.shard_id))
        self._wait(MOVE_HANDOVER_MS)
        return Holding(now.move)

    def _close_pool(self, now: Holding, event: Held) -> State:
        move = now.move
        if event.shard_id != move.shard_id:
            return now
        self._tell(move.source, ClosePool(move.shard_id, move.id, event.block_hash))
        return Closing(move, event.block_hash)

    def _complete(self, now: Closing, _: PoolClosed) -> State:
        move = now.move
        self._tell(move.target, CompleteCopy(move.shard_id, move.id, now.block_hash))
        return Completing(move)

    def _store(self, now: Completing, _: Arrived) -> State:
        self._effects.append(Rearrange(Move(now.move.shard_id, now.move.target)))
        return Storing(now.move)

    def _arrive(self, now: Storing, event: Rearranged) -> State:
        """The topology is durable: the shard has moved; rule 1."""
        if event.topology.holder(now.move.shard_id) != now.move.target:
            return now
        self._end(Stage.DONE, "")
        if self._drain is None or self._drain.is_over:
            return Resting()
        return self._go_on_draining(self._drain)

    # --- how it fails

    def _fail(self, now: BeforeTheWrite | Storing, words: str) -> State:
        """The shard stays where it is; rule 2."""
        move = now.move
        for name in (move.source, move.target):
            self._tell(name, EndMove(move.shard_id, move.id))
        if not isinstance(now, Copying):
            self._effects.append(Release(move.shard_id))
        self._end(Stage.FAILED, words)
        if self._drain is not None and not self._drain.is_over:
            self._drain = Drain(self._drain.name, True, words)
        return Resting()

    def _lose_slave(self, now: BeforeTheWrite, event: SlaveUp | SlaveDown) -> State:
        """Its link broke, or it has a new one already: it may not have heard what it was told."""
        if event.name not in (now.move.source, now.move.target):
            return now
        return self._fail(now, f"the connection to {event.name} was lost")

    def _be_refused(self, now: Holding | Storing, event: Refused) -> State:
        return self._fail(now, event.words)

    def _be_failed(self, now: BeforeTheWrite, report: MoveFailed) -> State:
        return self._fail(now, report.words)

    def _look_at_clock(self, now: BeforeTheWrite, _: Tick) -> State:
        if self._now_ms < self._deadline_ms:
            self._effects.append(WakeAt(self._deadline_ms))
            return now
        slave = now.move.source if isinstance(now, Closing) else now.move.target
        words = (
            "the shard didn't come to rest" if isinstance(now, Holding) else f"{slave} is silent"
        )
        return self._fail(now, words)

    # --- draining

    def _go_on_draining(self, drain: Drain) -> State:
        try:
            move = next_of_drain(self._fleet, drain.name)
        except Rejected as refusal:
            self._drain = Drain(drain.name, True, str(refusal))
            return Resting()
        if move is not None:
            return self._fetch(move)
        self._effects.append(Dismiss(drain.name))
        return Resting()

    def _see_it_leave(self, now: Resting, event: Rearranged) -> State:
        if self._drain is not None and event.topology.slave(self._drain.name) is None:
            self._drain = Drain(self._drain.name, True, "")
        return now

    def _keep_it(self, now: Resting, event: Refused) -> State:
        if self._drain is not None:
            self._drain = Drain(self._drain.name, True, event.words)
        return now

    # --- within

    @property
    def _fleet(self) -> Fleet:
        return Fleet(self._topology, frozenset(self._connected))

    def _check_rest(self) -> None:
        if self.under_way:
            raise Rejected(f"{self.under_way}: one move at a time")

    def _tell(self, name: str, order: MoveOrder) -> None:
        self._effects.append(Tell(name, order))

    def _wait(self, longest_ms: int) -> None:
        self._deadline_ms = self._now_ms + longest_ms
        self._effects.append(WakeAt(self._deadline_ms))

    def _show(self, **changes: Any) -> None:
        if self._status is not None:
            self._status = self._status._replace(changed_ms=self._now_ms, **changes)

    def _end(self, stage: Stage, words: str) -> None:
        self._show(stage=stage, words=words)
        if self._status is not None:
            self._past.append(self._status)
        self._status = None

    def _take_effects(self) -> list[Effect]:
        taken, self._effects = self._effects, []
        return taken


def _speakers(move: Underway, report: MoveReport) -> tuple[str, ...]:
    """Who may say that of a move; rule 5."""
    if isinstance(report, MoveFailed):
        return move.source, move.target
    return (move.source,) if isinstance(report, PoolClosed) else (move.target,)


_Move = Callable[[Mover, Any, Any], State]


def _before_the_write(move: _Move) -> dict[type, _Move]:
    return dict.fromkeys(get_args(BeforeTheWrite), move)


MOVES: Final[Mapping[type, Mapping[type, _Move]]] = {
    SlaveUp: _before_the_write(Mover._lose_slave),
    SlaveDown: _before_the_write(Mover._lose_slave),
    Held: {Holding: Mover._close_pool},
    Refused: {Holding: Mover._be_refused, Storing: Mover._be_refused, Resting: Mover._keep_it},
    Rearranged: {Storing: Mover._arrive, Resting: Mover._see_it_leave},
    Tick: _before_the_write(Mover._look_at_clock),
}

REPORTS: Final[Mapping[type, Mapping[type, _Move]]] = {
    CopyProgress: {Copying: Mover._note_progress},
    CopyClose: {Copying: Mover._hold},
    PoolClosed: {Closing: Mover._complete},
    Arrived: {Completing: Mover._store},
    MoveFailed: _before_the_write(Mover._be_failed),
}
"""What a slave says of the move that is under way."""
