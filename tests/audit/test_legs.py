"""Blocks of two shards whose legs fit, and legs that don't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.audit.legs import EpochLegs
from quarkparsec.chain.block import Entry, ShardBlock
from quarkparsec.chain.legs import Call, Claim, Credit, CreditsFrom, Endowment, Legs, Payment
from quarkparsec.errors import Corrupt
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from tests.chain.blocks import header, summary
from tests.simulation.wallet import wallets

ZERO, ONE = ShardId(0), ShardId(1)
ALICE = wallets(2, 1)[ZERO][0]
BOB = wallets(2, 1)[ONE][0]
KEY_0, KEY_1 = ShardKey(0), ShardKey(1)
CONTRACT = Recipient(b"\x77" * 19 + b"\0")
"""Its home is shard 0."""

Blocks = dict[ShardId, ShardBlock]


def fitting() -> Blocks:
    """ALICE of shard 0 calls in shard 1, which creates CONTRACT, and pays BOB; a payout goes to ALICE."""
    call = ALICE.sign(0, BOB.recipient, 5, gas_limit=50_000)
    transfer = ALICE.sign(1, BOB.recipient, 30)
    paid = Payment(1, 7, ALICE.recipient, Wei(1_000), Wei(600))
    claim = Claim(1, 7, CONTRACT, KEY_1, Wei(40), stays=True)
    executed = Call(1, 7, Wei(1_000), (Endowment(CONTRACT, Wei(40), is_taken=False),))
    payout = Credit(ALICE.recipient, KEY_0, Wei(3))
    return {
        ZERO: ShardBlock(
            header(),
            (Entry(transfer.raw, ALICE.recipient, KEY_1),),
            Legs((paid, claim), 1, (), (CreditsFrom(ONE, (payout,)),)),
            Wei(9),
        ),
        ONE: ShardBlock(
            header(),
            (Entry(call.raw, ALICE.recipient, KEY_1),),
            Legs(
                (executed,),
                0,
                (payout,),
                (CreditsFrom(ZERO, (Credit(BOB.recipient, KEY_1, Wei(30)),)),),
            ),
            Wei(0),
        ),
    }


def noted(blocks: Blocks) -> list[str]:
    words: list[str] = []
    EpochLegs(blocks, 2).check(words.append)
    return words


def test_legs_that_fit_are_fine() -> None:
    assert noted(fitting()) == []


def test_an_epoch_without_legs_is_fine() -> None:
    assert noted({ZERO: ShardBlock(header(), (), Legs(), Wei(0))}) == []


def test_a_shard_gains_what_its_legs_and_fees_say() -> None:
    legs = EpochLegs(fitting(), 2)
    paid_elsewhere = -1_000 + 600 - 40 - 30
    assert legs.gain(ZERO, summary(0, tips=Wei(2), burned=Wei(1))) == paid_elsewhere + 9 - 3 + 3
    assert legs.gain(ONE, summary(1, tips=Wei(100), burned=Wei(300))) == -paid_elsewhere - 400 - 3


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_what_shards_gain_is_what_enters_and_leaves_the_cluster(tips: int, burned: int) -> None:
    legs = EpochLegs(fitting(), 2)
    gain = sum(
        legs.gain(each, summary(each, tips=Wei(tips), burned=Wei(burned))) for each in (ZERO, ONE)
    )
    assert gain == 9 - 2 * (tips + burned)


def _with_legs(shard_id: ShardId, change: Callable[[Legs], Legs]) -> Blocks:
    blocks = fitting()
    block = blocks[shard_id]
    return blocks | {shard_id: replace(block, legs=change(block.legs))}


def _with_leg(shard_id: ShardId, index: int, **changes: Any) -> Blocks:
    def change(legs: Legs) -> Legs:
        tickets = list(legs.tickets)
        tickets[index] = tickets[index]._replace(**changes)
        return legs._replace(tickets=tuple(tickets))

    return _with_legs(shard_id, change)


def _with_credit(shard_id: ShardId, **changes: Any) -> Blocks:
    def change(legs: Legs) -> Legs:
        ((source, (credit,)),) = legs.credits
        return legs._replace(credits=(CreditsFrom(source, (credit._replace(**changes),)),))

    return _with_legs(shard_id, change)


def test_a_call_may_give_its_sender_more_than_it_brought() -> None:
    """The sender took its savings out of a contract. One shard gains what the other loses, or the books tell."""
    before, blocks = fitting(), _with_leg(ZERO, 0, money_back=Wei(5_000))
    assert noted(blocks) == []
    gains = [
        EpochLegs(each, 2).gain(shard, summary(shard))
        for shard in (ZERO, ONE)
        for each in (before, blocks)
    ]
    assert (gains[1] - gains[0], gains[3] - gains[2]) == (4_400, -4_400)


MISFITS: dict[str, tuple[Blocks, str]] = {
    "a wei more arrives": (_with_credit(ONE, amount=Wei(31)), "shard 0 shipped other credits"),
    "it arrives at somebody else": (
        _with_credit(ONE, recipient=ALICE.recipient),
        "shard 0 shipped other credits",
    ),
    "it arrives under another key": (
        _with_credit(ONE, shard_key=ShardKey(3)),
        "shard 0 shipped other credits",
    ),
    "nothing arrives": (
        _with_legs(ONE, lambda legs: legs._replace(credits=())),
        "shard 0 shipped other credits",
    ),
    "a payout was never sent": (
        _with_legs(ONE, lambda legs: legs._replace(payouts=())),
        "shard 1 shipped other credits than shard 0 took",
    ),
    "the destination has no block": (
        {ZERO: fitting()[ZERO]},
        "shard 0 shipped other credits than shard 1 took",
    ),
    "nobody paid": (
        _with_legs(ZERO, lambda legs: legs._replace(tickets=legs.tickets[1:])),
        "under ticket 7 was paid 0 times",
    ),
    "somebody paid twice": (
        _with_legs(ZERO, lambda legs: legs._replace(tickets=(legs.tickets[0], *legs.tickets))),
        "under ticket 7 was paid 2 times",
    ),
    "less was paid": (_with_leg(ZERO, 0, money=Wei(999)), "isn't what its call got"),
    "another paid": (_with_leg(ZERO, 0, sender=BOB.recipient), "isn't what its call got"),
    "nobody called": (_with_leg(ZERO, 0, ticket=8), "ticket 8, which no other executed"),
    "another position": (_with_leg(ZERO, 0, position=2), "different positions"),
    "more was claimed": (_with_leg(ZERO, 1, amount=Wei(41)), "endowed"),
    "a claim away from home": (
        _with_leg(ZERO, 1, recipient=BOB.recipient),
        "endowed",
    ),
    "a claim for a third shard": (_with_leg(ZERO, 1, shard_key=KEY_0), "endowed"),
    "legs out of order": (
        _with_legs(
            ZERO,
            lambda legs: legs._replace(
                tickets=(legs.tickets[0]._replace(position=2), legs.tickets[1])
            ),
        ),
        "serial order",
    ),
    "one ticket twice": (
        {
            **fitting(),
            ZERO: replace(
                fitting()[ZERO],
                entries=fitting()[ONE].entries + fitting()[ZERO].entries,
                legs=fitting()[ZERO].legs._replace(
                    tickets=(Call(1, 7, None, ()), *fitting()[ZERO].legs.tickets)
                ),
            ),
        },
        "2 calls were executed under 1 tickets",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_misfit_is_noted(name: str) -> None:
    blocks, words = MISFITS[name]
    assert any(words in each for each in noted(blocks)), noted(blocks)


def test_a_transfer_that_is_no_transaction_is_corruption() -> None:
    blocks = fitting()
    entry = blocks[ZERO].entries[0]._replace(raw=b"\x02garbage")
    with pytest.raises(Corrupt, match="no transaction"):
        EpochLegs({ZERO: replace(blocks[ZERO], entries=(entry,))}, 2)
