"""The order of the lanes in one shard: which come after which, and what goes in and out of them.

Lane 0 sweeps what a split has left, if there is something, and lane 1 always runs. Lane 2 is wanted if some
transaction needs a ticket, lane 3 if money leaves; the master opens them for all participants once somebody
wants them, and names in `Open` who can be reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.broker.agent import Outgoing
from quarkparsec.effects import OutOfTime
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import TICKET_LANE_BUDGET_MS
from quarkparsec.shard import lane_tickets, lane_transfers
from quarkparsec.shard.lane_sweep import sweep
from quarkparsec.shard.lane_tickets import TicketLane
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.open_round import OpenRound
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import LaneEnded, to_amount
from quarkparsec.wire.lanes import LaneItem, LaneMessages

TICKETS: Final = lane_tickets.LANE
TRANSFERS: Final = lane_transfers.LANE


def run_first(state: ShardState, open_round: OpenRound, out_of_time: OutOfTime) -> None:
    """Lanes 0 and 1: what a shard does before it has heard of any other."""
    sweep(open_round.draft, state)
    open_round.run_in_shard(out_of_time)


def new_lane(open_round: OpenRound, number: int, now_ms: int) -> TicketLane | TransferLane:
    """Lane 2 or 3 of a round."""
    draft, neighbourhood = open_round.draft, open_round.neighbourhood
    if number == TICKETS:
        deadline_ms = now_ms + TICKET_LANE_BUDGET_MS
        return TicketLane(draft, neighbourhood, open_round.tickets, deadline_ms)
    if number == TRANSFERS:
        return TransferLane(draft, neighbourhood)
    raise InvalidInput(f"lane {number} is never opened")


def lane_ended(open_round: OpenRound, number: int) -> LaneEnded:
    """What to tell the master after a lane."""
    tips = to_amount(open_round.draft.tips)
    shard_id = open_round.neighbourhood.shard_id
    wants = tuple([lane for lane in _wanted(open_round) if lane > number])
    reaches = tuple(sorted(_reached(open_round))) if wants else ()
    return LaneEnded(shard_id, open_round.round, number, tips, wants, reaches)


def take_early(open_round: OpenRound, number: int) -> list[tuple[ShardId, LaneItem]]:
    """What was said of a lane before it was open here."""
    early, later = list[LaneMessages](), list[LaneMessages]()
    for message in open_round.early:
        (early if message.lane == number else later).append(message)
    open_round.early[:] = later
    return [(message.source, item) for message in early for item in message.items]


def to_messages(
    open_round: OpenRound, number: int, outgoing: Iterable[Outgoing]
) -> list[LaneMessages]:
    """One message for each shard that a lane has something to say to."""
    by_shard: dict[ShardId, list[LaneItem]] = {}
    for destination, item in outgoing:
        by_shard.setdefault(destination, []).append(item)
    source = open_round.neighbourhood.shard_id
    return [
        LaneMessages(source, destination, open_round.round, number, tuple(items))
        for destination, items in by_shard.items()
    ]


def _wanted(open_round: OpenRound) -> set[int]:
    crosses = open_round.neighbourhood.crosses
    wanted = set[int]()
    for row in open_round.draft.deferred.values():
        if row:
            wanted.add(TRANSFERS if crosses(row[0].candidate) else TICKETS)
    if open_round.draft.gains:
        wanted.add(TRANSFERS)
    return wanted


def _reached(open_round: OpenRound) -> set[ShardId]:
    """Where money may go in lane 3; lane 2 may need every shard anyway.

    A payout goes on to wherever its recipient has turned out to be a contract.
    """
    neighbourhood, draft = open_round.neighbourhood, open_round.draft
    reached = set(neighbourhood.present) if draft.gains else set()
    for row in draft.deferred.values():
        reached |= {neighbourhood.destination_of(deferred.candidate) for deferred in row}
    return reached - {neighbourhood.shard_id}
