"""A block that joins other shards' blocks is replayed from its body alone, and no leg of it can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.legs import Call, Claim, Credit, CreditsFrom, Legs, Payment
from quarkparsec.errors import Corrupt
from quarkparsec.shard.replay import replay
from quarkparsec.types import ShardId, ShardKey, home_key
from tests.shard.neighbours import (
    DEPLOYER,
    PEOPLE,
    SHARDS,
    Neighbours,
    contract_at,
    salt_for_home,
    sign,
)
from tests.shard.programs import CREATE2_DEPLOYER, WITNESS, paying, storing

ALICE, BOB, CAROL = PEOPLE[0]
DORA = PEOPLE[1][0]
INITCODE = storing(7)
SALT = salt_for_home(INITCODE, 1)
FAR, PAYER = contract_at(2), contract_at(2, 2)


def fresh() -> Neighbours:
    return Neighbours(
        {FAR: WITNESS, PAYER: paying(DORA.recipient, 9)},
        universal=[(DEPLOYER, CREATE2_DEPLOYER)],
    )


@cache
def blocks() -> dict[ShardId, ShardBlock]:
    """One epoch with every kind of leg."""
    shards = fresh()
    settled = shards.run(
        sign(ALICE, 0, FAR, value=5),
        sign(ALICE, 1, PAYER),
        sign(ALICE, 2, DORA.recipient, value=3),
        sign(BOB, 0, DEPLOYER, data=SALT.to_bytes(32, "big") + INITCODE),
        sign(CAROL, 0, BOB.recipient, value=3),
        sign(DORA, 0, FAR),
        sign(DORA, 1, ALICE.recipient, value=4),
    )
    assert settled.invalid == []
    return {shard_id: built.block for shard_id, built in settled.blocks.items()}


def changed(leg: Any) -> Iterator[Any]:
    """The leg with any one field changed."""
    for name, value in zip(leg._fields, leg, strict=True):
        for other in _others(value):
            yield leg._replace(**{name: other})


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, bytes):
        return [value[:-1] + bytes((value[-1] ^ 4,))]
    if value is None:
        return [10_000_000]
    return [(), (*value, *value)] if value else []


def changed_legs(legs: Legs) -> Iterator[Legs]:
    """Everything that somebody could do to legs without touching the transactions."""
    for index, leg in enumerate(legs.tickets):
        before, after = legs.tickets[:index], legs.tickets[index + 1 :]
        for other in changed(leg):
            yield legs._replace(tickets=(*before, other, *after))
        if not isinstance(leg, Call):
            yield legs._replace(tickets=(*before, *after))
    if len(legs.tickets) > 1:
        yield legs._replace(tickets=legs.tickets[::-1])
    for index, payout in enumerate(legs.payouts):
        for other in changed(payout):
            yield legs._replace(payouts=(*legs.payouts[:index], other))
        yield legs._replace(payouts=legs.payouts[:index])
    for source in legs.credits:
        yield legs._replace(credits=())
        yield legs._replace(credits=(source._replace(source=ShardId(3)),))
        for other in changed(source.credits[0]):
            yield legs._replace(credits=(source._replace(credits=(other,)),))


def test_the_epoch_has_every_kind_of_leg() -> None:
    legs = [block.legs for block in blocks().values()]
    kinds = {type(leg) for each in legs for leg in each.tickets}
    assert kinds == {Call, Payment, Claim}
    assert any(each.transfer_count for each in legs)
    assert any(each.payouts for each in legs)
    assert any(each.credits for each in legs)


@pytest.mark.parametrize("shard_id", SHARDS)
def test_every_block_comes_out_of_its_body_again(shard_id: ShardId) -> None:
    shards = fresh()
    shards.epoch = 1
    block = ShardBlock.decode(blocks()[shard_id].encode())
    assert replay(shards.states[shard_id], block, shards.opening()).block == block


@pytest.mark.parametrize("shard_id", SHARDS[:3])
def test_any_change_of_a_leg_is_noticed(shard_id: ShardId) -> None:
    shards = fresh()
    shards.epoch = 1
    block = blocks()[shard_id]
    count = 0
    for legs in changed_legs(block.legs):
        with pytest.raises(Corrupt):
            replay(shards.states[shard_id], replace(block, legs=legs), shards.opening())
        count += 1
    assert count > 5


@pytest.mark.parametrize("transfers", [-1, 1])
def test_a_transfer_is_not_taken_for_something_else(transfers: int) -> None:
    shards = fresh()
    shards.epoch = 1
    block = blocks()[ShardId(0)]
    legs = block.legs._replace(transfer_count=block.legs.transfer_count + transfers)
    with pytest.raises(Corrupt):
        replay(shards.states[ShardId(0)], replace(block, legs=legs), shards.opening())


def test_invented_legs_are_noticed_in_an_empty_block() -> None:
    shards = fresh()
    shards.epoch = 1
    block = blocks()[ShardId(3)]
    assert block.entries == ()
    who = PEOPLE[3][0].recipient
    credit = Credit(who, home_key(who), blocks()[ShardId(0)].fees)
    invented = [
        Legs(credits=(CreditsFrom(ShardId(0), (credit,)),)),
        Legs((Payment(1, 1, who, credit.amount, credit.amount),)),
        Legs((Claim(1, 1, contract_at(3), ShardKey(0), credit.amount, stays=False),)),
        Legs(payouts=(credit,)),
    ]
    for legs in invented:
        with pytest.raises(Corrupt):
            replay(shards.states[ShardId(3)], replace(block, legs=legs), shards.opening())


def test_legs_without_their_transactions_are_noticed() -> None:
    shards = fresh()
    shards.epoch = 1
    shard_id, block = next(
        (shard_id, block) for shard_id, block in blocks().items() if block.legs.call_count
    )
    with pytest.raises(Corrupt, match="fewer transactions"):
        replay(shards.states[shard_id], replace(block, entries=()), shards.opening())
