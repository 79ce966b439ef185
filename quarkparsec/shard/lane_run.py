"""Lane 2 or 3 on its way in one shard: stepped in jobs, one at a time, with what was said meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.effects import Effects, JobDone
from quarkparsec.limits import LANE_BUDGET_MS
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.lane_order import lane_ended, new_lane, take_early, to_messages
from quarkparsec.shard.open_round import OpenRound
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import LaneEnded, OpenLane
from quarkparsec.wire.lanes import LaneItem, LaneMessages


class LaneRun:
    """One lane of one round, between the shard's machine and the job that steps it."""

    def __init__(
        self, now_ms: int, open_round: OpenRound, order: OpenLane, effects: Effects[Any]
    ) -> None:
        self._lane: Final = new_lane(open_round, order.lane, now_ms)
        self._open_round: Final = open_round
        self._effects: Final = effects
        self._inbox: Final[list[tuple[ShardId, LaneItem]]] = take_early(open_round, self.number)
        self._job_id: int | None = None
        self.extent = open_round.draft.extent
        """How far the draft was written after the last step."""
        self.ordered: Sequence[tuple[Candidate, Done]] = ()
        """What had its place in this lane then, executed or not."""
        self._ended: LaneEnded | None = None
        self._start_job(now_ms)

    @property
    def number(self) -> int:
        """2 or 3."""
        return self._lane.number

    @property
    def is_being_stepped(self) -> bool:
        """Whether a job is under way; else the lane waits for others."""
        return self._job_id is not None

    def hear(self, now_ms: int, message: LaneMessages) -> None:
        """Another shard speaks of this lane."""
        self._inbox.extend((message.source, item) for item in message.items)
        self.wake(now_ms)

    def wake(self, now_ms: int) -> None:
        """Step the lane, unless it is being stepped."""
        if self._job_id is None:
            self._start_job(now_ms)

    def follow(self, now_ms: int, event: JobDone) -> LaneEnded | None:
        """A step is over: say what the lane has to say, and go on if there is news already.

        Returns what the master was told when this shard's part was over; others may still need it.
        """
        if event.job_id != self._job_id:
            return self._ended
        self._job_id = None
        self.extent, self.ordered = self._open_round.draft.extent, self._lane.ordered
        for message in to_messages(self._open_round, self.number, event.result):
            self._effects.send(message)
        if self._lane.has_ended and self._ended is None:  # looked at while no step is changing it
            self._ended = lane_ended(self._open_round, self.number)
            self._effects.send(self._ended)
        if self._inbox:
            self._start_job(now_ms)
        elif self._lane.wake_ms is not None:
            self._effects.wake_at(self._lane.wake_ms)
        return self._ended

    def _start_job(self, now_ms: int) -> None:
        items, lane = self._inbox.copy(), self._lane
        self._inbox.clear()
        self._job_id = self._effects.run(lambda _: lane.step(now_ms, items), LANE_BUDGET_MS)
