"""Which lanes are wanted, whom they reach, and what goes in and out of them."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.broker.agent import Outgoing
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import TICKET_LANE_BUDGET_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft, Deferred
from quarkparsec.shard.candidate_order import CandidateOrder
from quarkparsec.shard.lane_order import lane_ended, new_lane, take_early, to_messages
from quarkparsec.shard.lane_tickets import TicketLane
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.open_round import OpenRound
from quarkparsec.shard.opening import Opening
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, ShardKey
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import Round, Tickets, from_amount
from tests.runners.scene import Scene, recipient

ROUND = Round(Epoch(5), 1, 0)
HERE = ShardId(0)
PRESENT = frozenset(map(ShardId, (0, 1, 2)))
"""Shard 3 is absent."""
SECOND = recipient(0x51)
ROLLBACK = lanes.Rollback(1, 1)


def call(key: int = 1, **fields: Any) -> Deferred:
    transaction = Scene().transaction(recipient(9, home=key), data=b"\1", **fields)
    return Deferred(Candidate(transaction, ShardKey(key)))


def transfer(key: int = 1, **fields: Any) -> Deferred:
    transaction = Scene().transaction(recipient(9, home=key), **fields)
    return Deferred(Candidate(transaction, ShardKey(key)))


def opened(*deferred: Deferred, gains: dict[Recipient, int] | None = None) -> OpenRound:
    """A round after lane 1."""
    scene = Scene(shard_count=4)
    draft = BlockDraft(scene.journal, scene.block)
    for each in deferred:
        draft.defer(each)
    draft.gains = gains or {}
    draft.tips = 77
    zero = Hash32(bytes(32))
    return OpenRound(
        ROUND,
        Opening(zero, zero, scene.block),
        draft,
        Neighbourhood(HERE, 4, PRESENT),
        CandidateOrder((), None),
        Tickets(1, 1, 100),
        [],
    )


@pytest.mark.parametrize(
    ("open_round", "wants", "reaches"),
    [
        (opened(), (), ()),
        (opened(call(1)), (2,), (1,)),
        (opened(transfer(2)), (3,), (2,)),
        (opened(transfer(2), call(1)), (3,), (1, 2)),
        (opened(call(1), transfer(2)), (2,), (1, 2)),
        (opened(call(1), transfer(2, sender=SECOND)), (2, 3), (1, 2)),
        (opened(gains={recipient(9, home=1): 5}), (3,), (1, 2)),
    ],
    ids=[
        "nothing",
        "a call",
        "a transfer",
        "a call behind a transfer",
        "a transfer behind a call",
        "one of each",
        "a payout goes wherever its contract is",
    ],
)
def test_after_lane_1_the_master_learns_which_lanes_are_wanted_and_whom_they_reach(
    open_round: OpenRound, wants: tuple[int, ...], reaches: tuple[int, ...]
) -> None:
    ended = lane_ended(open_round, 1)
    assert (ended.shard_id, ended.round, ended.lane) == (HERE, ROUND, 1)
    assert (ended.wants, ended.reaches) == (wants, reaches)
    assert from_amount(ended.tips) == 77


def test_no_lane_is_wanted_twice() -> None:
    open_round = opened(call(1))
    assert lane_ended(open_round, 2).wants == ()
    assert lane_ended(opened(transfer(1)), 2).wants == (3,)
    assert lane_ended(opened(transfer(1)), 3).wants == ()


def test_a_lane_is_opened_by_its_number() -> None:
    tickets, transfers = (new_lane(opened(), number, 1_000) for number in (2, 3))
    assert isinstance(tickets, TicketLane)
    assert isinstance(transfers, TransferLane)
    assert [tickets.number, transfers.number] == [2, 3]
    for number in (1, 4):
        with pytest.raises(InvalidInput):
            new_lane(opened(), number, 1_000)


def test_tickets_have_the_lanes_time_from_its_opening() -> None:
    open_round = opened(call(1))
    assert new_lane(open_round, 2, 1_000).step(1_000 + TICKET_LANE_BUDGET_MS - 1, [])
    late = new_lane(opened(call(1)), 2, 1_000)
    assert late.step(1_000 + TICKET_LANE_BUDGET_MS, []) == []
    assert late.has_ended


def test_what_came_early_is_taken_by_its_lane_only_and_once() -> None:
    open_round = opened()
    second = lanes.LaneMessages(ShardId(1), HERE, ROUND, 2, (ROLLBACK, lanes.Prepare(2, 1)))
    third = lanes.LaneMessages(ShardId(2), HERE, ROUND, 3, (lanes.Credits(1, ()),))
    for message in (third, second):
        open_round.keep_for_later(message)
    assert take_early(open_round, 2) == [(1, ROLLBACK), (1, lanes.Prepare(2, 1))]
    assert take_early(open_round, 2) == []
    assert take_early(open_round, 3) == [(2, lanes.Credits(1, ()))]


def test_what_a_lane_says_goes_in_one_message_for_each_shard_in_order() -> None:
    said: list[Outgoing] = [
        (ShardId(2), ROLLBACK),
        (ShardId(1), lanes.Prepare(1, 1)),
        (ShardId(2), lanes.Prepare(2, 1)),
    ]
    to_two, to_one = to_messages(opened(), 2, said)
    assert (to_two.source, to_two.shard_id, to_two.round, to_two.lane) == (HERE, 2, ROUND, 2)
    assert to_two.items == (ROLLBACK, lanes.Prepare(2, 1))
    assert (to_one.shard_id, to_one.items) == (1, (lanes.Prepare(1, 1),))
