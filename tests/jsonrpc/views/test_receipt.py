"""Receipts and logs as clients see them: one numbering over all shards, everywhere alike."""

from __future__ import annotations

from typing import Any

from tests.jsonrpc.cluster import Door


def block_with_receipts(door: Door, number: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block, and its transactions' receipts asked for one by one."""
    block = door.ask("eth_getBlockByNumber", number, False)
    receipts = [door.ask("eth_getTransactionReceipt", each) for each in block["transactions"]]
    return block, receipts


def test_receipts_one_by_one_are_those_of_the_whole_block(door: Door) -> None:
    for number in ("0x0", "0x1", "0x2"):
        _, receipts = block_with_receipts(door, number)
        assert door.ask("eth_getBlockReceipts", number) == receipts


def test_gas_adds_up_over_the_shards(door: Door) -> None:
    block, receipts = block_with_receipts(door, "0x2")
    total = 0
    for receipt in receipts:
        total += int(receipt["gasUsed"], 16)
        assert int(receipt["cumulativeGasUsed"], 16) == total
    assert int(block["gasUsed"], 16) == total == 91_000


def test_transactions_and_logs_are_counted_over_the_shards(door: Door) -> None:
    for number, log_count in (("0x1", 2), ("0x2", 3)):
        _, receipts = block_with_receipts(door, number)
        assert [int(each["transactionIndex"], 16) for each in receipts] == [0, 1, 2]
        logs = [log for receipt in receipts for log in receipt["logs"]]
        assert [int(log["logIndex"], 16) for log in logs] == list(range(log_count))


def test_logs_in_receipts_are_those_that_a_search_finds(door: Door) -> None:
    found = door.ask("eth_getLogs", {"fromBlock": "earliest"})
    shown = [
        log
        for number in ("0x1", "0x2")
        for receipt in block_with_receipts(door, number)[1]
        for log in receipt["logs"]
    ]
    assert found == shown
    assert len(found) == 5


def test_the_bloom_of_a_block_covers_those_of_its_receipts(door: Door) -> None:
    block, receipts = block_with_receipts(door, "0x2")
    union = 0
    for receipt in receipts:
        union |= int(receipt["logsBloom"], 16)
    assert int(block["logsBloom"], 16) == union != 0


def test_a_creation_shows_the_contract_and_no_destination(door: Door) -> None:
    _, receipts = block_with_receipts(door, "0x1")
    assert receipts[1]["to"] is None
    assert receipts[1]["contractAddress"] == "0x" + "70" * 20
    assert receipts[0]["contractAddress"] is None


def test_a_failed_transaction_has_status_0(door: Door) -> None:
    _, receipts = block_with_receipts(door, "0x2")
    assert [receipt["status"] for receipt in receipts] == ["0x1", "0x0", "0x1"]


def test_the_price_paid_is_the_same_in_receipt_and_transaction(door: Door) -> None:
    for number in ("0x1", "0x2"):
        block = door.ask("eth_getBlockByNumber", number, True)
        receipts = door.ask("eth_getBlockReceipts", number)
        prices = [each["gasPrice"] for each in block["transactions"]]
        assert [each["effectiveGasPrice"] for each in receipts] == prices
