"""Where in the order of everything a transaction took place, and what it did in which shard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.legs import Call, Claim, Payment, TicketLeg
from quarkparsec.chain.serial_order import Turn
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.node import MinedTransaction
from quarkparsec.jsonrpc.views.fingerprint import fingerprint_view
from quarkparsec.types import ShardId


def ticket_view(
    mined: MinedTransaction, turn: Turn, blocks: Mapping[ShardId, ShardBlock]
) -> dict[str, Any]:
    """A committed transaction; `blocks` are those of its epoch, by shard."""
    call = turn.call
    return {
        "status": "committed",
        "fingerprint": fingerprint_view(turn.fingerprint),
        "shardId": quantity(mined.block.shard_id),
        "ticket": None if call is None else quantity(call.ticket),
        "legs": [] if call is None else _legs_of(call.ticket, blocks),
    }


def pending_view() -> dict[str, Any]:
    """A transaction that waits: tickets live only within an epoch, so it has none."""
    return {
        "status": "pending",
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
