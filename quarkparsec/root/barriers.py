"""What comes after a lane, once every participant has ended it.

    lane 1 ──> 2, if somebody wants tickets ──> 3 ──> seal
       ├─────> 3, if money leaves a shard ─────────────^
       └───────────────────────────────────────────────^

A ticket may need any shard, so lane 2 takes all that are there; lane 3 takes those that money goes to. Who
doesn't take part yet runs lane 1 first. After lane 2 comes lane 3, always: only when no ticket is alive
does every shard know what it did, and what its tips are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import LaneEnded

IN_SHARD: Final = 1
TICKETS: Final = 2
TRANSFERS: Final = 3


def next_lane(lane: int, ended: Iterable[LaneEnded]) -> int | None:
    """The lane after `lane`; None to seal."""
    wanted = {number for each in ended for number in each.wants}
    if lane == IN_SHARD and TICKETS in wanted:
        return TICKETS
    if lane == TICKETS or (lane == IN_SHARD and TRANSFERS in wanted):
        return TRANSFERS
    return None


def missing_participants(plan: EpochPlan, ended: Iterable[LaneEnded]) -> tuple[ShardId, ...]:
    """Who has to take part besides, after lane 1, for the lanes that are wanted; ascending."""
    answers = tuple(ended)
    reached = {shard_id for each in answers for shard_id in each.reaches}
    if next_lane(IN_SHARD, answers) == TICKETS:
        reached |= set(plan.present)
    return tuple(sorted(reached & set(plan.present) - set(plan.participants)))
