"""Legs: what a shard did in an epoch for transactions that concern several shards.

Lane 2, in the serial order of the lane (position, then ticket):

- *Call*: a transaction was executed here under a ticket. It is the next of the body's ticketed entries.
  `money` is what the sender brought from its own shard, or None if that is this one.
- *Payment*: a sender of this shard paid for a call that was executed elsewhere, and got back what was left.
- *Claim*: a contract was created elsewhere at an address whose home is here. What waited here went with
  it, and the entry is a stub of the contract's key from now on: an address is created once in the cluster.

Lane 3: transfers are entries of the body like any other; *payouts* are credits to user accounts whose
home is elsewhere, of money that contracts left with them here. Lane 4: *credits*, by the shard that sent
them, ascending.

A header commits in its extra data to the legs and to how far lane 0 has swept; a block with neither leaves that
empty.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Recipient, ShardId, ShardKey, Wei

_CALL: Final = 1
_PAYMENT: Final = 2
_CLAIM: Final = 3


class Endowment(NamedTuple):
    """What waited for a contract at its home."""

    recipient: Recipient
    balance: Wei
    is_taken: bool
    """Whether a contract has been there before: the creation fails."""

    def encode(self) -> bytes:
        return rlp.encode_sequence(
            [
                rlp.encode_bytes(self.recipient),
                rlp.encode_scalar(self.balance),
                rlp.encode_scalar(int(self.is_taken)),
            ]
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> Endowment:
        """Read a decoded endowment. Raises InvalidInput."""
        recipient, balance, is_taken = _fields(item, 3)
        return cls(_recipient(recipient), Wei(rlp.scalar(balance)), _flag(is_taken))


class Call(NamedTuple):
    """The next ticketed entry was executed here."""

    position: int
    ticket: int
    money: Wei | None
    endowments: tuple[Endowment, ...]

    def encode(self) -> bytes:
        money = [] if self.money is None else [rlp.encode_scalar(self.money)]
        return rlp.encode_sequence(
            [
                rlp.encode_scalar(_CALL),
                rlp.encode_scalar(self.position),
                rlp.encode_scalar(self.ticket),
                rlp.encode_sequence(money),
                rlp.encode_sequence([each.encode() for each in self.endowments]),
            ]
        )


class Payment(NamedTuple):
    """A sender's part of a call that was executed elsewhere."""

    position: int
    ticket: int
    sender: Recipient
    money: Wei
    """What went with the call: gas limit × price + value."""
    money_back: Wei

    def encode(self) -> bytes:
        return rlp.encode_sequence(
            [
                rlp.encode_scalar(_PAYMENT),
                rlp.encode_scalar(self.position),
                rlp.encode_scalar(self.ticket),
                rlp.encode_bytes(self.sender),
                rlp.encode_scalar(self.money),
                rlp.encode_scalar(self.money_back),
            ]
        )


class Claim(NamedTuple):
    """The home's part of a creation elsewhere."""

    position: int
    ticket: int
    recipient: Recipient
    shard_key: ShardKey
    amount: Wei
    stays: bool
    """Whether the contract still exists after the transaction that created it."""

    def encode(self) -> bytes:
        return rlp.encode_sequence(
            [
                rlp.encode_scalar(_CLAIM),
                rlp.encode_scalar(self.position),
                rlp.encode_scalar(self.ticket),
                rlp.encode_bytes(self.recipient),
                rlp.encode_scalar(self.shard_key),
                rlp.encode_scalar(self.amount),
                rlp.encode_scalar(int(self.stays)),
            ]
        )


TicketLeg = Call | Payment | Claim


class Credit(NamedTuple):
    """Money for an account of another shard."""

    recipient: Recipient
    shard_key: ShardKey
    amount: Wei

    def encode(self) -> bytes:
        return rlp.encode_sequence(
            [
                rlp.encode_bytes(self.recipient),
                rlp.encode_scalar(self.shard_key),
                rlp.encode_scalar(self.amount),
            ]
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> Credit:
        """Read a decoded credit. Raises InvalidInput."""
        recipient, shard_key, amount = _fields(item, 3)
        return cls(
            _recipient(recipient),
            ShardKey(rlp.scalar(shard_key, bits=32)),
            Wei(rlp.scalar(amount)),
        )


class CreditsFrom(NamedTuple):
    """What one shard sent, in its order."""

    source: ShardId
    credits: tuple[Credit, ...]

    def encode(self) -> bytes:
        credits_ = rlp.encode_sequence([credit.encode() for credit in self.credits])
        return rlp.encode_sequence([rlp.encode_scalar(self.source), credits_])

    @classmethod
    def from_item(cls, item: rlp.Item) -> CreditsFrom:
        """Read what `encode` wrote. Raises InvalidInput."""
        source, credits_ = _fields(item, 2)
        return cls(
            ShardId(rlp.scalar(source, bits=32)), tuple(map(Credit.from_item, _fields(credits_)))
        )


class Legs(NamedTuple):
    """Lanes 2 to 4 of one block, the transactions themselves aside."""

    tickets: tuple[TicketLeg, ...] = ()
    """In the serial order of lane 2."""
    transfer_count: int = 0
    """How many of the body's entries, the last ones, are transfers of lane 3."""
    payouts: tuple[Credit, ...] = ()
    credits: tuple[CreditsFrom, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """What was executed here; each has an entry in the body, before the transfers."""
        return tuple([leg for leg in self.tickets if isinstance(leg, Call)])

    @property
    def call_count(self) -> int:
        """How many of the body's entries were executed in lane 2."""
        return len(self.calls)

    def commitment(self, sweep: bytes) -> bytes:
        """What a header's extra data says: keccak256(rlp([legs, sweep])), or nothing if there is neither."""
        if self == NO_LEGS and not sweep:
            return b""
        return keccak(rlp.wrap_list(self.encode() + rlp.encode_bytes(sweep)))

    def encode(self) -> bytes:
        """rlp([[leg …], transfers, [payout …], [[source, [credit …]] …]])."""
        return rlp.encode_sequence(
            [
                rlp.encode_sequence([leg.encode() for leg in self.tickets]),
                rlp.encode_scalar(self.transfer_count),
                rlp.encode_sequence([credit.encode() for credit in self.payouts]),
                rlp.encode_sequence([each.encode() for each in self.credits]),
            ]
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> Legs:
        """Read what `encode` wrote. Raises InvalidInput for anything else."""
        tickets, transfer_count, payouts, credits_ = _fields(item, 4)
        return cls(
            tuple(map(_ticket_leg, _fields(tickets))),
            rlp.scalar(transfer_count, bits=32),
            tuple(map(Credit.from_item, _fields(payouts))),
            tuple(map(CreditsFrom.from_item, _fields(credits_))),
        )


NO_LEGS: Final = Legs()


def _ticket_leg(item: rlp.Item) -> TicketLeg:
    fields = _fields(item)
    if len(fields) < 3:
        raise InvalidInput("a leg of lane 2 has a kind, a position and a ticket")
    kind_item, position_item, ticket_item, *rest = fields
    kind = rlp.scalar(kind_item, bits=8)
    position, ticket = rlp.scalar(position_item, bits=64), rlp.scalar(ticket_item, bits=64)
    if kind == _CALL and len(rest) == 2:
        money = [Wei(rlp.scalar(each)) for each in _fields(rest[0])]
        if len(money) > 1:
            raise InvalidInput("a call brings one sum of money at most")
        endowments = tuple(map(Endowment.from_item, _fields(rest[1])))
        return Call(position, ticket, money[0] if money else None, endowments)
    if kind == _PAYMENT and len(rest) == 3:
        sender, paid, back = rest
        return Payment(
            position, ticket, _recipient(sender), Wei(rlp.scalar(paid)), Wei(rlp.scalar(back))
        )
    if kind == _CLAIM and len(rest) == 4:
        recipient, shard_key, amount, stays = rest
        return Claim(
            position,
            ticket,
            _recipient(recipient),
            ShardKey(rlp.scalar(shard_key, bits=32)),
            Wei(rlp.scalar(amount)),
            _flag(stays),
        )
    raise InvalidInput("a leg of an unknown kind")


def _fields(item: rlp.Item, size: int | None = None) -> list[rlp.Item]:
    if not isinstance(item, list) or size not in (None, len(item)):
        raise InvalidInput("a leg's list has a wrong shape")
    return item


def _flag(item: rlp.Item) -> bool:
    flag = rlp.scalar(item, bits=8)
    if flag > 1:
        raise InvalidInput("a flag is 0 or 1")
    return bool(flag)


def _recipient(item: rlp.Item) -> Recipient:
    if not isinstance(item, bytes) or len(item) != RECIPIENT_BYTES:
        raise InvalidInput("a recipient has 20 bytes")
    return Recipient(item)
