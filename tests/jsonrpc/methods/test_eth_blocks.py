"""eth_*: blocks."""

from __future__ import annotations

import pytest

from tests.jsonrpc.cluster import Door, MemoryCluster

UNKNOWN = "0x" + "de" * 32


def test_a_block_is_the_same_by_number_by_hash_and_by_tag(door: Door) -> None:
    block = door.ask("eth_getBlockByNumber", "0x2", True)
    assert door.ask("eth_getBlockByHash", block["hash"], True) == block
    for tag in ("latest", "pending", "safe", "finalized"):
        assert door.ask("eth_getBlockByNumber", tag, True) == block


def test_genesis_is_an_empty_block(door: Door) -> None:
    genesis = door.ask("eth_getBlockByNumber", "earliest", False)
    assert (genesis["number"], genesis["transactions"]) == ("0x0", [])


def test_each_block_names_the_one_before_it(door: Door) -> None:
    blocks = [door.ask("eth_getBlockByNumber", hex(number), False) for number in range(3)]
    assert [block["parentHash"] for block in blocks[1:]] == [block["hash"] for block in blocks[:2]]


def test_transactions_are_counted_over_the_shards(door: Door, cluster: MemoryCluster) -> None:
    cluster.seal({})
    counts = [door.ask("eth_getBlockTransactionCountByNumber", hex(number)) for number in range(4)]
    assert counts == ["0x0", "0x3", "0x3", "0x0"]
    block_hash = door.ask("eth_getBlockByNumber", "0x1", False)["hash"]
    assert door.ask("eth_getBlockTransactionCountByHash", block_hash) == "0x3"


def test_receipts_of_a_block_are_the_same_by_number_and_by_hash(door: Door) -> None:
    block_hash = door.ask("eth_getBlockByNumber", "0x2", False)["hash"]
    receipts = door.ask("eth_getBlockReceipts", "latest")
    assert len(receipts) == 3
    assert receipts == door.ask("eth_getBlockReceipts", block_hash)
    assert receipts == door.ask("eth_getBlockReceipts", {"blockHash": block_hash})


def test_there_are_no_uncles(door: Door) -> None:
    block_hash = door.ask("eth_getBlockByNumber", "0x2", False)["hash"]
    assert door.ask("eth_getUncleCountByBlockNumber", "0x2") == "0x0"
    assert door.ask("eth_getUncleCountByBlockHash", block_hash) == "0x0"
    assert door.ask("eth_getUncleByBlockNumberAndIndex", "0x2", "0x0") is None
    assert door.ask("eth_getUncleByBlockHashAndIndex", block_hash, "0x0") is None


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByHash", (UNKNOWN, False)),
        ("eth_getBlockByNumber", ("0x7f", False)),
        ("eth_getBlockReceipts", ("0x7f",)),
        ("eth_getBlockTransactionCountByHash", (UNKNOWN,)),
        ("eth_getBlockTransactionCountByNumber", ("0x7f",)),
        ("eth_getUncleCountByBlockHash", (UNKNOWN,)),
        ("eth_getUncleCountByBlockNumber", ("0x7f",)),
    ],
)
def test_what_is_asked_about_an_unknown_block_is_null(
    door: Door, method: str, params: tuple[object, ...]
) -> None:
    assert door.ask(method, *params) is None


def test_whether_transactions_are_shown_in_full_must_be_said(door: Door) -> None:
    assert door.refusal("eth_getBlockByNumber", "latest", "yes")["code"] == -32602
    assert door.refusal("eth_getBlockByNumber", "latest") == {
        "code": -32602,
        "message": "missing value for required argument 1",
    }
