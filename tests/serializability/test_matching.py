"""Whatever one shard's block lacks, has twice or tells otherwise than another's is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quarkparsec.chain.legs import Call, Claim, Credit, CreditsFrom, Payment
from quarkparsec.types import ShardId, Wei
from tests.serializability.matching import EpochOfShards, Matching
from tests.serializability.small_history import history
from tests.serializability.step import Step
from tests.serializability.violation import Violation

Change = Callable[[Step], list[Step]]


def test_a_true_story_is_believed() -> None:
    epoch, _, _ = history().busiest()
    Matching().check(epoch)


def alter(epoch: EpochOfShards, kind: type, change: Change) -> None:
    """Change the first step that has a leg of this kind."""
    for each in epoch.reexecutions.values():
        for index, step in enumerate(each.steps):
            if isinstance(step.leg, kind):
                each.steps[index : index + 1] = change(step)
                return
    raise AssertionError("there is none")


def leave_out(_: Step) -> list[Step]:
    return []


def repeat(step: Step) -> list[Step]:
    return [step, step]


def move(step: Step) -> list[Step]:
    assert isinstance(step.leg, Call | Claim | Payment)
    return [step._replace(leg=step.leg._replace(position=step.leg.position + 1))]


def keep_a_wei(step: Step) -> list[Step]:
    assert isinstance(step.leg, Payment)
    return [step._replace(leg=step.leg._replace(money_back=Wei(step.leg.money_back - 1)))]


def take_a_wei(step: Step) -> list[Step]:
    assert isinstance(step.leg, Claim)
    return [step._replace(leg=step.leg._replace(amount=Wei(step.leg.amount - 1)))]


def give_the_address_free(step: Step) -> list[Step]:
    assert isinstance(step.leg, Claim)
    return [step._replace(leg=step.leg._replace(stays=False))]


def bring_more(step: Step) -> list[Step]:
    assert isinstance(step.leg, Call)
    assert step.leg.money is not None
    return [step._replace(leg=step.leg._replace(money=Wei(step.leg.money + 1)))]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Payment, leave_out),
        (Payment, repeat),
        (Payment, move),
        (Payment, keep_a_wei),
        (Claim, leave_out),
        (Claim, repeat),
        (Claim, move),
        (Claim, take_a_wei),
        (Claim, give_the_address_free),
        (Call, leave_out),
        (Call, repeat),
        (Call, bring_more),
    ],
    ids=lambda each: each.__name__,
)
def test_a_ticket_that_is_done_by_halves_is_found(kind: type, change: Change) -> None:
    epoch, _, _ = history().busiest()
    alter(epoch, kind, change)
    with pytest.raises(Violation, match=r"ticket|leg|guest"):
        Matching().check(epoch)


def test_a_ticket_that_was_there_in_an_earlier_epoch_is_found() -> None:
    epoch, _, _ = history().busiest()
    matching = Matching()
    matching.check(epoch)
    with pytest.raises(Violation, match="a ticket number was used twice"):
        matching.check(epoch)


def test_a_call_that_was_told_something_else_of_a_home_is_found() -> None:
    epoch, _, _ = history().busiest()
    for each in epoch.reexecutions.values():
        for question, answer in each.answers.items():
            each.answers[question] = answer._replace(is_taken=not answer.is_taken)
    with pytest.raises(Violation, match="a home holds"):
        Matching().check(epoch)


def _one_more(sent: tuple[Credit, ...]) -> tuple[Credit, ...]:
    return (sent[0]._replace(amount=Wei(sent[0].amount + 1)), *sent[1:])


@pytest.mark.parametrize(
    "change",
    [_one_more, lambda sent: sent[1:], lambda sent: sent + sent],
    ids=["another amount", "one lost", "twice"],
)
def test_credits_that_nobody_shipped_so_are_found(
    change: Callable[[tuple[Credit, ...]], tuple[Credit, ...]],
) -> None:
    epoch, _, _ = history().busiest()
    blocks = dict(epoch.blocks)
    for shard_id, block in blocks.items():
        changed = [each._replace(credits=change(each.credits)) for each in block.legs.credits]
        legs = block.legs._replace(credits=tuple(changed))
        blocks[shard_id] = type(block)(block.header, block.entries, legs, block.fees)
    with pytest.raises(Violation, match="shipped other credits"):
        Matching().check(epoch._replace(blocks=blocks))


def test_credits_from_a_shard_that_sent_nothing_are_found() -> None:
    epoch, _, _ = history().busiest()
    blocks = dict(epoch.blocks)
    (shard_id, block) = next((each, block) for each, block in blocks.items() if block.legs.credits)
    invented = CreditsFrom(ShardId(3), block.legs.credits[0].credits)
    legs = block.legs._replace(credits=(*block.legs.credits, invented))
    blocks[shard_id] = type(block)(block.header, block.entries, legs, block.fees)
    with pytest.raises(Violation, match="shard 3 shipped other credits"):
        Matching().check(epoch._replace(blocks=blocks))
