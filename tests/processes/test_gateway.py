"""A gateway in a process of its own serves the same chain as the one in the master's process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError

from tests.processes.running_cluster import RunningCluster
from tests.processes.running_gateway import running_gateway, wait_until_connected
from tests.processes.test_wallets import ALICE, BOB, CAROL, FEES, counter_code, send, word

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def other(cluster: RunningCluster) -> Iterator[Web3]:
    """A wallet at a second gateway."""
    with running_gateway(cluster) as url:
        yield Web3(HTTPProvider(url))


def test_both_gateways_show_the_same_chain(cluster: RunningCluster, other: Any) -> None:
    w3: Any = cluster.web3()
    receipt = send(w3, ALICE, to=BOB.address, value=1, **FEES)
    seen = other.eth.wait_for_transaction_receipt(receipt["transactionHash"], 10, 0.01)
    assert seen == receipt
    assert other.eth.chain_id == w3.eth.chain_id
    assert other.eth.get_block(receipt["blockNumber"]) == w3.eth.get_block(receipt["blockNumber"])
    assert other.eth.get_balance(ALICE.address) == w3.eth.get_balance(ALICE.address)


def test_what_is_sent_to_one_gateway_is_found_at_the_other(
    cluster: RunningCluster, other: Any
) -> None:
    w3: Any = cluster.web3()
    address = send(other, CAROL, data=counter_code(), **FEES)["contractAddress"]
    written = send(w3, CAROL, to=address, data=word(42), **FEES)
    assert written["status"] == 1
    other.eth.wait_for_transaction_receipt(written["transactionHash"], 10, 0.01)
    assert other.eth.call({"to": address}) == word(42)
    assert other.eth.get_logs({"address": address, "fromBlock": 0}) == w3.eth.get_logs(
        {"address": address, "fromBlock": 0}
    )


def test_a_refusal_says_the_same_at_both(cluster: RunningCluster, other: Any) -> None:
    stale = {"to": BOB.address, "value": 1, "gas": 21_000, "nonce": 0, "chainId": 20803, **FEES}
    send(cluster.web3(), ALICE, to=BOB.address, value=1, **FEES)
    raw = ALICE.sign_transaction(stale).raw_transaction
    for w3 in (cluster.web3(), other):
        with pytest.raises(Web3RPCError, match="nonce too low"):
            w3.eth.send_raw_transaction(raw)


def test_a_gateway_comes_through_a_restart_of_the_master(
    cluster: RunningCluster, other: Any
) -> None:
    cluster.kill("master")
    cluster.wait_until_ready()
    wait_until_connected(other)
    receipt = send(other, ALICE, to=BOB.address, value=1, **FEES)
    assert receipt["status"] == 1
