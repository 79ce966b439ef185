"""Where in the order of everything a transaction took place, and what it did in which shard.

The *fingerprint* (epoch, lane, n) is the transaction's place in the serial order. In lane 2, n is the position
that its participants agreed on, and the ticket decides among equals; in lanes 1 and 3, where shards don't
meet, n counts within the shard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.legs import Call, Claim, Payment, TicketLeg
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.node import MinedTransaction
from quarkparsec.types import ShardId

IN_SHARD = 1
TICKETS = 2
TRANSFERS = 3


class Turn(NamedTuple):
    """A transaction's turn in its shard's block."""

    lane: int
    n: int
    call: Call | None
    """What was executed under a ticket."""


def turn_of(block: ShardBlock, index: int) -> Turn:
    """The turn of the transaction at `index` of a block's body."""
    in_shard, calls = block.in_shard_count, block.legs.calls
    if index < in_shard:
        return Turn(IN_SHARD, index, None)
    if index < in_shard + len(calls):
        call = calls[index - in_shard]
        return Turn(TICKETS, call.position, call)
    return Turn(TRANSFERS, index - in_shard - len(calls), None)


def ticket_view(
    mined: MinedTransaction, turn: Turn, blocks: Mapping[ShardId, ShardBlock]
) -> dict[str, Any]:
    """A committed transaction; `blocks` are those of its epoch, by shard."""
    call = turn.call
    return {
        "status": "committed",
        "epoch": quantity(mined.block.epoch),
        "lane": quantity(turn.lane),
        "fingerprint": [quantity(each) for each in (mined.block.epoch, turn.lane, turn.n)],
        "shardId": quantity(mined.block.shard_id),
        "ticket": None if call is None else quantity(call.ticket),
        "legs": [] if call is None else _legs_of(call.ticket, blocks),
    }


def pending_view() -> dict[str, Any]:
    """A transaction that waits: tickets live only within an epoch, so it has none."""
    return {
        "status": "pending",
        "epoch": None,
        "lane": None,
        "fingerprint": None,
        "shardId": None,
        "ticket": None,
        "legs": [],
    }


def _legs_of(ticket: int, blocks: Mapping[ShardId, ShardBlock]) -> list[dict[str, Any]]:
    return [
        {"shardId": quantity(shard_id)} | _leg(leg)
        for shard_id in sorted(blocks)
        for leg in blocks[shard_id].legs.tickets
        if leg.ticket == ticket
    ]


def _leg(leg: TicketLeg) -> dict[str, Any]:
    match leg:
        case Call():
            money = None if leg.money is None else quantity(leg.money)
            return {"kind": "call", "money": money}
        case Payment():
            return {
                "kind": "payment",
                "sender": data(leg.sender),
                "money": quantity(leg.money),
                "moneyBack": quantity(leg.money_back),
            }
        case Claim():
            return {
                "kind": "claim",
                "contract": data(leg.recipient),
                "shardKey": quantity(leg.shard_key),
                "amount": quantity(leg.amount),
            }
