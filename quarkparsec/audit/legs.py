"""What one shard's block of an epoch says about others, theirs must say, too.

*Lane 3*: the credits that a shard shipped, transfers first and payouts after them, are those that the
destination took from it, in their order. *Lane 2*: each payment and each claim belongs to a call in another
shard, with the same ticket and place in the serial order; the payment brings what the call got, and the
claim gives up what the call was endowed with. What comes back is what the sender had there in the end, more than
it brought if the contract paid it: the gains of both shards show whether it is right.

The money of a shard in an epoch follows from its legs:

    gain = fees − tips − burned
         + what guests brought − what they have left − what own senders paid elsewhere + what they got back
         + what its calls claimed elsewhere − what was claimed here
         + credits that arrived − credits that left

so that a wei that a shard makes or loses is found in that shard, not only in the sum of all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

from quarkparsec.audit.findings import Note
from quarkparsec.chain.block import ShardBlock, ShardSummary
from quarkparsec.chain.legs import Call, Claim, Credit, Payment
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import Corrupt, InvalidInput, Rejected
from quarkparsec.types import Recipient, ShardId, Wei, home_key, shard_of

Leg = TypeVar("Leg", Payment, Claim)


class Executed(NamedTuple):
    """A call, where it was executed and for whom."""

    shard_id: ShardId
    call: Call
    sender: Recipient


class EpochLegs:
    """The blocks of all participants of one epoch. Raises Corrupt if they can't be read."""

    def __init__(self, blocks: Mapping[ShardId, ShardBlock], shard_count: int) -> None:
        self._blocks: Final = blocks
        self._shard_count: Final = shard_count
        self._calls: Final = {
            executed.call.ticket: executed
            for shard_id, block in blocks.items()
            for executed in _calls(shard_id, block)
        }
        self._payments: Final = self._legs_of(Payment)
        self._claims: Final = self._legs_of(Claim)
        self._shipped: Final[dict[tuple[ShardId, ShardId], list[Credit]]] = defaultdict(list)
        """Source and destination → what was sent."""
        for shard_id, block in blocks.items():
            for credit in (*_transfers(block), *block.legs.payouts):
                self._shipped[shard_id, self._home_of_key(credit)].append(credit)

    @property
    def shards(self) -> tuple[ShardId, ...]:
        """Those whose blocks are known."""
        return tuple(self._blocks)

    # --- between shards

    def check(self, note: Note) -> None:
        """Note whatever one shard says and another doesn't."""
        self._check_credits(note)
        self._check_order(note)
        for shard_id, payment in self._payments:
            self._check_payment(shard_id, payment, note)
        for shard_id, claim in self._claims:
            self._check_claim(shard_id, claim, note)
        paid = Counter(payment.ticket for _, payment in self._payments)
        for ticket, executed in self._calls.items():
            if paid[ticket] != (executed.call.money is not None):
                note(f"the call under ticket {ticket} was paid {paid[ticket]} times")

    def _check_credits(self, note: Note) -> None:
        taken = {
            (arrived.source, shard_id): list(arrived.credits)
            for shard_id, block in self._blocks.items()
            for arrived in block.legs.credits
        }
        for pair in sorted(taken.keys() | self._shipped.keys()):
            if taken.get(pair, []) != self._shipped.get(pair, []):
                note(f"shard {pair[0]} shipped other credits than shard {pair[1]} took")

    def _check_order(self, note: Note) -> None:
        for shard_id, block in self._blocks.items():
            order = [(leg.position, leg.ticket) for leg in block.legs.tickets]
            if order != sorted(order):
                note(f"the legs of shard {shard_id} aren't in their serial order")
        count = sum(block.legs.call_count for block in self._blocks.values())
        if count != len(self._calls):
            note(f"{count} calls were executed under {len(self._calls)} tickets")

    def _check_payment(self, shard_id: ShardId, payment: Payment, note: Note) -> None:
        executed = self._call_elsewhere(shard_id, payment, note)
        if executed is None:
            return
        if (executed.sender, executed.call.money) != (payment.sender, payment.money):
            note(f"the payment under ticket {payment.ticket} isn't what its call got")

    def _check_claim(self, shard_id: ShardId, claim: Claim, note: Note) -> None:
        executed = self._call_elsewhere(shard_id, claim, note)
        if executed is None:
            return
        given = [
            (each.recipient, each.balance)
            for each in executed.call.endowments
            if not each.is_taken
        ]
        at_home = shard_of(home_key(claim.recipient), self._shard_count) == shard_id
        there = shard_of(claim.shard_key, self._shard_count) == executed.shard_id
        if (claim.recipient, claim.amount) not in given or not at_home or not there:
            note(f"the claim under ticket {claim.ticket} isn't what its call was endowed with")

    def _call_elsewhere(
        self, shard_id: ShardId, leg: Payment | Claim, note: Note
    ) -> Executed | None:
        executed = self._calls.get(leg.ticket)
        if executed is None or executed.shard_id == shard_id:
            note(f"shard {shard_id} has a leg of ticket {leg.ticket}, which no other executed")
            return None
        if executed.call.position != leg.position:
            note(f"the legs of ticket {leg.ticket} have different positions")
        return executed

    # --- money

    def gain(self, shard_id: ShardId, summary: ShardSummary) -> Wei:
        """By how much the legs and the fees make a participant's own balances grow."""
        block = self._blocks[shard_id]
        gain = block.fees - summary.tips - summary.burned
        gain += sum(call.money or 0 for call in block.legs.calls)
        for home, payment in self._payments:
            gain -= payment.money_back if self._is_executed_in(shard_id, payment) else 0
            gain += payment.money_back - payment.money if home == shard_id else 0
        for home, claim in self._claims:
            gain += claim.amount if self._is_executed_in(shard_id, claim) else 0
            gain -= claim.amount if home == shard_id else 0
        gain += sum(credit.amount for each in block.legs.credits for credit in each.credits)
        for (source, _), shipped in self._shipped.items():
            gain -= sum(credit.amount for credit in shipped) if source == shard_id else 0
        return Wei(gain)

    def _is_executed_in(self, shard_id: ShardId, leg: Payment | Claim) -> bool:
        executed = self._calls.get(leg.ticket)
        return executed is not None and executed.shard_id == shard_id

    # --- reading blocks

    def _legs_of(self, kind: type[Leg]) -> list[tuple[ShardId, Leg]]:
        return [
            (shard_id, leg)
            for shard_id, block in self._blocks.items()
            for leg in block.legs.tickets
            if isinstance(leg, kind)
        ]

    def _home_of_key(self, credit: Credit) -> ShardId:
        return shard_of(credit.shard_key, self._shard_count)


def _calls(shard_id: ShardId, block: ShardBlock) -> Iterator[Executed]:
    """The calls of a block, each with its entry's sender."""
    for call, entry in zip(block.legs.calls, block.called, strict=True):
        yield Executed(shard_id, call, entry.sender)


def _transfers(block: ShardBlock) -> Iterator[Credit]:
    """What the transfers of lane 3, the last entries of a block, take to their destinations."""
    for entry in block.transfers:
        try:
            transaction = decode_transaction(entry.raw, entry.sender)
        except (InvalidInput, Rejected) as error:
            raise Corrupt(f"a transfer is no transaction: {error}") from error
        if transaction.to is None:
            raise Corrupt("a transfer goes to nobody")
        yield Credit(transaction.to, entry.to_key, Wei(transaction.value))
