"""Whether the shards' blocks of one epoch tell one story: nothing is done by halves.

What one shard says that it sent, took or was told is in the other shard's block, at the same place of the
serial order and to the wei.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.fees import effective_gas_price
from quarkparsec.chain.legs import Call, Claim, Credit, Payment
from quarkparsec.types import Recipient, ShardId, Wei, home_key, shard_of
from tests.serializability.reexecution import Question, Reexecution
from tests.serializability.step import TRANSFERS, Step
from tests.serializability.violation import require


class EpochOfShards(NamedTuple):
    """What the shards did in one epoch."""

    blocks: Mapping[ShardId, ShardBlock]
    """Of those that took part."""
    reexecutions: Mapping[ShardId, Reexecution]
    shard_count: int


class Matching:
    """Checks one epoch after the other."""

    def __init__(self) -> None:
        self._tickets: Final[set[int]] = set()
        """All that have ever been used."""

    def check(self, epoch: EpochOfShards) -> None:
        """Raise Violation for what doesn't match."""
        _check_credits(epoch)
        self._check_tickets(epoch)

    def _check_tickets(self, epoch: EpochOfShards) -> None:
        executed = [step for step in _steps(epoch) if isinstance(step.leg, Call)]
        calls = {step.place.minor: step for step in executed}
        require(len(calls) == len(executed), "one ticket was executed twice in an epoch")
        require(not self._tickets & calls.keys(), "a ticket number was used twice")
        self._tickets.update(calls)
        for step in calls.values():
            _check_endowments(epoch, step)
        wanted = Counter(
            (leg, home) for step in calls.values() for home, leg in _legs_of(epoch, step)
        )
        found = Counter(
            (step.leg, step.shard_id)
            for step in _steps(epoch)
            if isinstance(step.leg, Payment | Claim)
        )
        lacking, unexpected = wanted - found, found - wanted
        require(not lacking, f"a ticket lacks a leg in another shard: {lacking}")
        require(not unexpected, f"a leg has no call that it belongs to: {unexpected}")


def _check_credits(epoch: EpochOfShards) -> None:
    """What every source shipped in lane 3 is what each destination credited in lane 4, in order."""
    sent: dict[tuple[ShardId, ShardId], list[Credit]] = {}
    for step in _steps(epoch):
        if step.place.lane == TRANSFERS:
            credit = step.credit or _credit_of(step)
            to = shard_of(credit.shard_key, epoch.shard_count)
            sent.setdefault((step.shard_id, to), []).append(credit)
    received = {
        (each.source, shard_id): list(each.credits)
        for shard_id, block in epoch.blocks.items()
        for each in block.legs.credits
        if each.credits
    }
    for pair in sent.keys() | received.keys():
        same = sent.get(pair) == received.get(pair)
        require(same, f"shard {pair[0]} shipped other credits than shard {pair[1]} took in")


def _credit_of(step: Step) -> Credit:
    assert step.transaction is not None
    assert step.transaction.to is not None
    assert step.to_key is not None
    return Credit(step.transaction.to, step.to_key, Wei(step.transaction.value))


def _legs_of(epoch: EpochOfShards, step: Step) -> list[tuple[ShardId, Payment | Claim]]:
    """The legs that an executed call must have in other shards."""
    call, transaction, done = step.leg, step.transaction, step.done
    assert isinstance(call, Call)
    assert transaction is not None
    assert done is not None
    origin = shard_of(transaction.origin_key, epoch.shard_count)
    require((call.money is None) == (origin == step.shard_id), "a guest is one who brings money")
    legs: list[tuple[ShardId, Payment | Claim]] = []
    for claimed in done.claims:
        home = _home_of(epoch, claimed.recipient)
        legs.append((home, Claim(call.position, call.ticket, *claimed)))
    if call.money is not None:
        price = effective_gas_price(transaction, epoch.blocks[step.shard_id].header.base_fee)
        cost = transaction.gas_limit * price + transaction.value
        require(call.money == cost, "a guest brings what the transaction may cost")
        payment = Payment(
            call.position, call.ticket, transaction.sender, call.money, done.money_back
        )
        legs.append((origin, payment))
    return legs


def _check_endowments(epoch: EpochOfShards, step: Step) -> None:
    """What a call was told of contracts' homes was so."""
    call = step.leg
    assert isinstance(call, Call)
    for endowment in call.endowments:
        home = _home_of(epoch, endowment.recipient)
        question = Question(call.position, call.ticket, endowment.recipient)
        require(home in epoch.reexecutions, "a contract's home took no part")
        found = epoch.reexecutions[home].answers[question]
        require(found == endowment, f"a home holds {found}, a call was told {endowment}")


def _home_of(epoch: EpochOfShards, recipient: Recipient) -> ShardId:
    return shard_of(home_key(recipient), epoch.shard_count)


def _steps(epoch: EpochOfShards) -> list[Step]:
    return [step for each in epoch.reexecutions.values() for step in each.steps]
