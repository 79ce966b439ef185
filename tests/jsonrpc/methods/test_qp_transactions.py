"""qp_*: a transaction's way, from its acknowledgement to what it did."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.jsonrpc.node import TransactionStatus
from quarkparsec.types import Epoch, Fingerprint, Hash32, ShardId, Stage
from tests.chain.signed import sign_native
from tests.jsonrpc.cluster import Door, MemoryCluster, sign

UNKNOWN = "0x" + bytes(32).hex()


def text(raw: bytes) -> str:
    return "0x" + raw.hex()


# --- sending


def test_whoever_sends_learns_the_first_epoch_that_the_transaction_can_be_in(
    door: Door, cluster: MemoryCluster
) -> None:
    raw = sign(nonce=9)
    assert door.ask("qp_sendRawTransaction", text(raw)) == {
        "transactionHash": text(keccak(raw)),
        "stage": "admitted",
        "shardId": hex(int.from_bytes(cluster.waiting[keccak(raw)].sender[-4:], "big") % 4),
        "epoch": "0x3",
        "epochStart": hex(cluster.head().header.timestamp),
    }


def test_a_native_transaction_goes_to_the_pool_as_any_other(
    door: Door, cluster: MemoryCluster
) -> None:
    native, ordinary = sign_native(), sign(nonce=9)
    for raw in (native, ordinary):
        sent = door.ask("qp_sendRawTransaction", text(raw))
        assert sent["transactionHash"] == text(keccak(raw))
    assert cluster.submitted == [[native], [ordinary]]
    waiting = door.ask("eth_getTransactionByHash", text(keccak(native)))
    assert (waiting["type"], waiting["fromKey"], waiting["toKey"]) == ("0x51", "0x9", "0xffffffff")


def test_neighbours_in_a_batch_are_handed_in_together_and_each_gets_its_answer(
    door: Door, cluster: MemoryCluster
) -> None:
    raws = [sign(nonce=nonce) for nonce in (6, 7)]
    texts = [text(raws[0]), "0x00", text(raws[1]), text(raws[0])]
    answers = door.request(
        [
            {"jsonrpc": "2.0", "id": index, "method": "qp_sendRawTransaction", "params": [each]}
            for index, each in enumerate(texts)
        ]
    )
    assert len(cluster.submitted) == 1
    hashes = [each.get("result", {}).get("transactionHash") for each in answers]
    assert hashes == [text(keccak(raws[0])), None, text(keccak(raws[1])), None]
    assert answers[3]["error"] == {"code": -32000, "message": "already known"}


# --- status


def test_an_unknown_transaction_has_no_status(door: Door) -> None:
    assert door.ask("qp_getTransactionStatus", UNKNOWN) is None


def test_what_waits_is_admitted_and_has_no_place_yet(door: Door) -> None:
    sent = door.ask("qp_sendRawTransaction", text(sign(nonce=9)))
    assert door.ask("qp_getTransactionStatus", sent["transactionHash"]) == {
        "stage": "admitted",
        "shardId": sent["shardId"],
        "epoch": sent["epoch"],
        "pool": "pending",
        "fingerprint": None,
        "blockHash": None,
        "transactionIndex": None,
    }


def test_who_sends_again_is_told_so_and_the_status_is_the_first_ones(door: Door) -> None:
    raw = text(sign(nonce=9))
    sent = door.ask("eth_sendRawTransaction", raw)
    before = door.ask("qp_getTransactionStatus", sent)
    for method in ("eth_sendRawTransaction", "qp_sendRawTransaction"):
        assert door.refusal(method, raw) == {"code": -32000, "message": "already known"}
    assert door.ask("qp_getTransactionStatus", sent) == before


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ((Stage.ADMITTED, None, True), ("admitted", "queued", None)),
        ((Stage.ADMITTED, None, False), ("admitted", "pending", None)),
        ((Stage.ORDERED, (3, 1, 5), False), ("ordered", None, "0x5")),
        ((Stage.EXECUTED, (3, 2, 5), False), ("executed", None, "0x5")),
        ((Stage.SEALED, (3, 3, 5), False), ("sealed", None, "0x5")),
    ],
)
def test_on_its_way_a_transaction_has_a_place_in_the_order_but_in_no_block(
    door: Door, cluster: MemoryCluster, status: tuple[Any, ...], shown: tuple[Any, ...]
) -> None:
    stage, place, is_queued = status
    fingerprint = None if place is None else Fingerprint(*place)
    cluster.on_the_way[Hash32(bytes(32))] = TransactionStatus(
        stage, ShardId(2), Epoch(3), fingerprint, 7, is_queued
    )
    answer = door.ask("qp_getTransactionStatus", UNKNOWN)
    n = answer["fingerprint"] and answer["fingerprint"]["n"]
    assert (answer["stage"], answer["pool"], n) == shown
    assert (answer["shardId"], answer["epoch"]) == ("0x2", "0x3")
    assert (answer["blockHash"], answer["transactionIndex"]) == (None, None)


def test_a_committed_transactions_place_is_that_of_the_clusters_view(door: Door) -> None:
    for number in ("0x1", "0x2"):
        for each in door.ask("eth_getBlockReceipts", number):
            answer = door.ask("qp_getTransactionStatus", each["transactionHash"])
            assert answer["stage"] == "committed"
            assert answer["epoch"] == answer["fingerprint"]["epoch"] == number
            assert answer["pool"] is None
            for name in ("blockHash", "transactionIndex"):
                assert answer[name] == each[name]


# --- logs


def test_every_transaction_is_found_by_its_shard_and_its_fingerprint(door: Door) -> None:
    for number in ("0x1", "0x2"):
        for receipt in door.ask("eth_getBlockReceipts", number):
            status = door.ask("qp_getTransactionStatus", receipt["transactionHash"])
            found = door.ask("qp_getLogsByFingerprint", status["fingerprint"], status["shardId"])
            assert found == {
                "transactionHash": receipt["transactionHash"],
                "shardId": status["shardId"],
                "fingerprint": status["fingerprint"],
                "summary": {
                    "success": receipt["status"] == "0x1",
                    "gasUsed": receipt["gasUsed"],
                    "effectiveGasPrice": receipt["effectiveGasPrice"],
                    "contractAddress": receipt["contractAddress"],
                },
                "logs": receipt["logs"],
            }


def test_the_same_fingerprint_in_another_shard_is_another_transaction(door: Door) -> None:
    first = {"epoch": 2, "lane": 1, "n": 0}
    here, there = (door.ask("qp_getLogsByFingerprint", first, shard) for shard in (0, 3))
    assert here["fingerprint"] == there["fingerprint"]
    assert here["transactionHash"] != there["transactionHash"]


@pytest.mark.parametrize(
    ("epoch", "lane", "n", "shard_id"),
    [(2, 1, 2, 3), (2, 2, 0, 3), (2, 3, 0, 3), (2, 1, 0, 1), (0, 1, 0, 0), (3, 1, 0, 0)],
    ids=["beyond the last", "lane 2", "lane 3", "absent shard", "genesis", "future"],
)
def test_what_nobody_has_is_null(door: Door, epoch: int, lane: int, n: int, shard_id: int) -> None:
    fingerprint = {"epoch": hex(epoch), "lane": hex(lane), "n": hex(n)}
    assert door.ask("qp_getLogsByFingerprint", fingerprint, shard_id) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "missing value for required argument 0"),
        (({"epoch": 1, "lane": 1, "n": 0},), "missing value for required argument 1"),
        (("0x1", 0), "invalid argument 0: expected an object with epoch, lane and n"),
        (({"epoch": 1, "lane": 1}, 0), "invalid argument 0: a fingerprint without n"),
        (
            ({"epoch": 1, "lane": 1, "n": "0x"}, 0),
            'invalid argument 0: n: hex string "0x"',
        ),
        (({"epoch": 1, "lane": 1, "n": 0}, -1), "invalid argument 1: expected a hex string"),
        (({"epoch": 1, "lane": 1, "n": 0}, 4), "no such shard: there are 4"),
        (({"epoch": 1, "lane": 1, "n": 0}, 0, 0), "too many arguments, want at most 2"),
    ],
)
def test_a_malformed_question_for_logs_is_refused_with_the_reason(
    door: Door, arguments: tuple[object, ...], words: str
) -> None:
    assert door.refusal("qp_getLogsByFingerprint", *arguments) == {
        "code": -32602,
        "message": words,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "missing value for required argument 0"),
        (("0x12",), "invalid argument 0: hex string has length 2, want 64"),
        ((UNKNOWN, "latest"), "too many arguments, want at most 1"),
    ],
)
def test_a_malformed_question_for_a_status_is_refused_with_the_reason(
    door: Door, arguments: tuple[object, ...], words: str
) -> None:
    assert door.refusal("qp_getTransactionStatus", *arguments) == {
        "code": -32602,
        "message": words,
    }
