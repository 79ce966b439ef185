"""A transaction's way in a real cluster: acknowledged, waiting, committed, and known to everybody for good."""

from __future__ import annotations

import time
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from tests.processes.json_rpc import JsonRpc, Refused
from tests.processes.running_cluster import RunningCluster
from tests.processes.running_gateway import running_gateway
from tests.processes.test_wallets import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    FEES,
    counter_code,
    send,
    word,
)

pytestmark = pytest.mark.processes


def signed_payment(w3: Any, sender: LocalAccount, ahead: int = 0) -> str:
    """A payment to Bob, that many nonces ahead of the pending ones."""
    nonce = w3.eth.get_transaction_count(sender.address, "pending") + ahead
    terms = {"to": BOB.address, "value": 1, "gas": 21_000, "nonce": nonce, "chainId": 20803}
    raw: str = sender.sign_transaction({**terms, **FEES}).raw_transaction.to_0x_hex()
    return raw


def committed(door: JsonRpc, transaction_hash: str) -> Any:
    """The status, once it is committed."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = door.ask("qp_getTransactionStatus", transaction_hash)
        assert status is not None, "what was acknowledged is never unknown"
        if status["stage"] == "committed":
            return status
        time.sleep(0.005)
    raise TimeoutError("it was never committed")


def test_an_acknowledged_transaction_is_followed_at_any_gateway_into_its_block(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    door = JsonRpc(cluster.url)
    with running_gateway(cluster) as url:
        other = JsonRpc(url)
        gapped = signed_payment(w3, ALICE, ahead=1)
        ack = door.ask("qp_sendRawTransaction", gapped)
        assert (ack["stage"], ack["shardId"]) == ("admitted", "0x2")
        waiting = {
            "stage": "admitted",
            "shardId": "0x2",
            "epoch": ack["epoch"],
            "pool": "queued",
            "fingerprint": None,
            "blockHash": None,
            "transactionIndex": None,
        }
        for each in (door, other):
            assert each.ask("qp_getTransactionStatus", ack["transactionHash"]) == waiting
            with pytest.raises(Refused, match="already known"):
                each.ask("eth_sendRawTransaction", gapped)
        first = door.ask("eth_sendRawTransaction", signed_payment(w3, ALICE))
        before, after = (committed(other, each) for each in (first, ack["transactionHash"]))
        places = [status["fingerprint"] for status in (before, after)]
        assert places[1] == {**places[0], "n": hex(int(places[0]["n"], 16) + 1)}
        assert int(after["epoch"], 16) >= int(ack["epoch"], 16)
        receipt = door.ask("eth_getTransactionReceipt", ack["transactionHash"])
        assert after == committed(door, ack["transactionHash"])
        for name in ("blockHash", "transactionIndex"):
            assert after[name] == receipt[name]


def test_what_a_transaction_of_any_lane_did_is_found_by_its_place_before_and_after_a_restart(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    door = JsonRpc(cluster.url)
    counter = send(w3, ALICE, data=counter_code(), **FEES)["contractAddress"]
    receipts = [
        send(w3, ALICE, to=counter, data=word(42), **FEES),
        send(w3, CAROL, to=counter, data=word(44), **FEES),
        send(w3, ALICE, to=ERIN.address, value=1, **FEES),
    ]
    hashes = [receipt["transactionHash"].to_0x_hex() for receipt in receipts]
    statuses = [committed(door, each) for each in hashes]
    assert [status["fingerprint"]["lane"] for status in statuses] == ["0x1", "0x2", "0x3"]
    assert [len(receipt["logs"]) for receipt in receipts] == [1, 1, 0]
    check_executions(door, hashes, statuses)
    cluster.stop()
    cluster.start()
    check_executions(door, hashes, statuses)


def check_executions(door: JsonRpc, hashes: list[str], statuses: list[Any]) -> None:
    """The cluster knows the same of each by its hash and by its place."""
    for transaction_hash, status in zip(hashes, statuses, strict=True):
        assert committed(door, transaction_hash) == status
        receipt = door.ask("eth_getTransactionReceipt", transaction_hash)
        place = (status["fingerprint"], status["shardId"])
        found = door.ask("qp_getLogsByFingerprint", *place)
        assert (found["transactionHash"], found["logs"]) == (transaction_hash, receipt["logs"])
        assert found["summary"]["success"]
        assert found["summary"]["gasUsed"] == receipt["gasUsed"]
        beyond = {**status["fingerprint"], "n": "0xffffffffffffffff"}
        assert door.ask("qp_getLogsByFingerprint", beyond, status["shardId"]) is None
