"""Blocks are executed again leg by leg, in the places of the serial order."""

from __future__ import annotations

from quarkparsec.chain.legs import Call, Claim, Payment
from tests.serializability.small_history import history
from tests.serializability.step import CREDITS, TICKETS, TRANSFERS, Step


def steps() -> list[Step]:
    epoch, _, _ = history().busiest()
    return [step for each in epoch.reexecutions.values() for step in each.steps]


def test_every_leg_is_a_step_in_its_lane() -> None:
    epoch, _, _ = history().busiest()
    for shard_id, block in epoch.blocks.items():
        found = epoch.reexecutions[shard_id].steps
        legs = block.legs
        assert [step.leg for step in found if step.place.lane == TICKETS] == list(legs.tickets)
        credits_ = [credit for each in legs.credits for credit in each.credits]
        assert [step.credit for step in found if step.place.lane == CREDITS] == credits_
        payouts = [step.credit for step in found if step.place.lane == TRANSFERS and step.credit]
        assert payouts == list(legs.payouts)
        assert sum(step.transaction is not None for step in found) == len(block.entries)


def test_all_legs_of_a_ticket_share_one_place() -> None:
    places: dict[int, set[object]] = {}
    for step in steps():
        if step.leg is not None:
            places.setdefault(step.leg.ticket, set()).add(step.place)
    assert places
    assert all(len(each) == 1 for each in places.values())


def test_a_leg_touches_what_it_is_about() -> None:
    for step in steps():
        if isinstance(step.leg, Payment):
            assert step.access.writes == {step.leg.sender}
        elif isinstance(step.leg, Claim):
            assert step.access.writes == {step.leg.recipient}
        elif isinstance(step.leg, Call):
            assert step.transaction is not None
            assert step.access.writes >= {step.transaction.sender}


def test_homes_answer_what_calls_were_told() -> None:
    epoch, _, _ = history().busiest()
    told = [
        endowment
        for block in epoch.blocks.values()
        for leg in block.legs.tickets
        if isinstance(leg, Call)
        for endowment in leg.endowments
    ]
    answers = [answer for each in epoch.reexecutions.values() for answer in each.answers.values()]
    assert told
    assert sorted(told) == sorted(answers)
