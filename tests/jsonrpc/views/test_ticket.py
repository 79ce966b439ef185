"""A transaction's place in the serial order, from the blocks of its epoch."""

from __future__ import annotations

from quarkparsec.chain.block import Entry, ShardBlock
from quarkparsec.chain.legs import Call, Claim, Legs, Payment, TicketLeg
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.serial_order import Turn
from quarkparsec.jsonrpc.node import BlockId, MinedTransaction
from quarkparsec.jsonrpc.views.ticket import pending_view, ticket_view
from quarkparsec.types import Epoch, Fingerprint, Gas, Recipient, ShardId, ShardKey, Wei
from tests.chain.blocks import header

SENDER = Recipient(b"\x01" * 20)
CONTRACT = Recipient(b"\x02" * 20)
CALL = Call(4, 77, Wei(1000), ())
CLAIM = Claim(4, 77, CONTRACT, ShardKey(1), Wei(5), True)


def block(count: int, *legs: TicketLeg, transfers: int = 0) -> ShardBlock:
    entries = tuple(Entry(bytes([index]), SENDER, ShardKey(0)) for index in range(count))
    return ShardBlock(header(number=Epoch(9)), entries, Legs(legs, transfers), Wei(0))


def mined(shard_id: int) -> MinedTransaction:
    receipt = Receipt(2, 1, Gas(21_000), b"", (), Gas(21_000), Wei(1), None)
    return MinedTransaction(
        BlockId(ShardId(shard_id), Epoch(9)), 0, 0, Entry(b"", SENDER, ShardKey(0)), receipt
    )


def test_a_ticket_shows_its_legs_in_every_shard() -> None:
    blocks = {
        ShardId(0): block(0, Payment(4, 77, SENDER, Wei(1000), Wei(10))),
        ShardId(1): block(1, CALL),
        ShardId(3): block(
            0,
            Claim(4, 77, CONTRACT, ShardKey(1), Wei(5), True),
            Payment(5, 78, SENDER, Wei(1), Wei(1)),
        ),
    }
    view = ticket_view(mined(1), blocks[ShardId(1)].serial_order.turn(0), blocks)
    assert view["fingerprint"] == {"epoch": "0x9", "lane": "0x2", "n": "0x4"}
    assert view["ticket"] == "0x4d"
    assert view["shardId"] == "0x1"
    assert view["legs"] == [
        {
            "shardId": "0x0",
            "kind": "payment",
            "sender": "0x" + SENDER.hex(),
            "money": "0x3e8",
            "moneyBack": "0xa",
        },
        {"shardId": "0x1", "kind": "call", "money": "0x3e8"},
        {
            "shardId": "0x3",
            "kind": "claim",
            "contract": "0x" + CONTRACT.hex(),
            "shardKey": "0x1",
            "amount": "0x5",
        },
    ]


def test_what_needed_no_ticket_has_none() -> None:
    view = ticket_view(mined(0), Turn(Fingerprint(Epoch(9), 3, 2), None), {})
    assert (view["fingerprint"]["lane"], view["ticket"], view["legs"]) == ("0x3", None, [])


def test_what_waits_has_the_same_fields() -> None:
    assert (
        pending_view().keys()
        == ticket_view(mined(0), Turn(Fingerprint(Epoch(9), 1, 0), None), {}).keys()
    )
    assert pending_view()["status"] == "pending"
