"""A wallet that has never heard of shards: transfers and calls from one of them to another."""

from __future__ import annotations

from typing import Any

import pytest
from web3.exceptions import ContractLogicError, Web3RPCError

from tests.processes.contracts import (
    COUNTS_MONEY,
    KEEPS_ORDER,
    KEEPS_THREE_WEI,
    PAYS_TWO,
    REMEMBERS_SENDER,
)
from tests.processes.running_cluster import RunningCluster
from tests.processes.test_wallets import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    ETHER,
    FEES,
    counter_code,
    send,
    word,
)
from tests.processes.wallet import balances, fee, padded, somebody

pytestmark = pytest.mark.processes


def test_a_transfer_to_another_shard_is_one_transaction_with_one_receipt(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    plain = {"to": CAROL.address, "value": ETHER}
    assert w3.eth.estimate_gas({"from": ALICE.address, **plain}) == 21_000
    receipt = send(w3, ALICE, **plain, **FEES)
    block, both = receipt["blockNumber"], [ALICE.address, CAROL.address]
    before = balances(w3, both, block - 1)
    assert (receipt["status"], receipt["gasUsed"], receipt["logs"]) == (1, 21_000, [])
    assert balances(w3, both, block) == [before[0] - ETHER - fee(receipt), before[1] + ETHER]
    assert w3.eth.get_block(block)["transactions"] == [receipt["transactionHash"]]
    assert w3.eth.get_block(block)["gasUsed"] == 21_000


def test_an_account_that_was_never_used_can_spend_what_came_from_another_shard(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    newcomer = somebody("newcomer", 3)
    send(w3, ALICE, to=newcomer.address, value=ETHER, **FEES)
    receipt = send(w3, newcomer, to=ERIN.address, value=ETHER // 2, **FEES)
    assert receipt["status"] == 1
    left = w3.eth.get_balance(newcomer.address, receipt["blockNumber"])
    assert left == ETHER - ETHER // 2 - fee(receipt)
    with pytest.raises(Web3RPCError, match="insufficient funds"):
        send(w3, newcomer, to=ERIN.address, value=ETHER, gas=21_000, **FEES)


def test_a_call_of_a_contract_on_another_shard_is_one_by_its_sender(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    contract = send(w3, ALICE, data=REMEMBERS_SENDER, **FEES)["contractAddress"]
    nonce = w3.eth.get_transaction_count(CAROL.address)
    receipt = send(w3, CAROL, to=contract, value=5, **FEES)
    block, both = receipt["blockNumber"], [CAROL.address, contract]
    assert receipt["status"] == 1
    assert w3.eth.get_storage_at(contract, 0) == padded(CAROL.address)
    assert w3.eth.get_storage_at(contract, 1) == word(5)
    assert [log["data"] for log in receipt["logs"]] == [padded(CAROL.address)]
    found = w3.eth.get_logs({"fromBlock": block, "topics": [w3.to_hex(word(7))]})
    assert found == receipt["logs"]
    before = balances(w3, both, block - 1)
    assert balances(w3, both, block) == [before[0] - 5 - fee(receipt), 5]
    assert w3.eth.get_transaction_count(CAROL.address) == nonce + 1
    assert w3.eth.get_transaction(receipt["transactionHash"])["from"] == CAROL.address


def test_money_that_a_contract_gives_back_is_the_senders_again_in_the_same_block(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    contract = send(w3, ALICE, data=KEEPS_THREE_WEI, **FEES)["contractAddress"]
    receipt = send(w3, CAROL, to=contract, value=ETHER, **FEES)
    block = receipt["blockNumber"]
    (before,) = balances(w3, [CAROL.address], block - 1)
    after = balances(w3, [CAROL.address, contract], block)
    assert after == [before - 3 - fee(receipt), 3]


def test_a_revert_on_another_shard_reaches_the_wallet_and_returns_the_money(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    contract = send(w3, ALICE, data=counter_code(), **FEES)["contractAddress"]
    odd = {"to": contract, "data": word(1), "value": ETHER}
    for ask in (w3.eth.call, w3.eth.estimate_gas):
        with pytest.raises(ContractLogicError, match="odd"):
            ask({"from": CAROL.address, **odd})
    nonce = w3.eth.get_transaction_count(CAROL.address)
    receipt = send(w3, CAROL, **odd, gas=100_000, **FEES)
    block = receipt["blockNumber"]
    assert (receipt["status"], receipt["logs"]) == (0, [])
    assert 21_000 < receipt["gasUsed"] < 100_000
    (before,) = balances(w3, [CAROL.address], block - 1)
    assert balances(w3, [CAROL.address, contract], block) == [before - fee(receipt), 0]
    assert w3.eth.get_transaction_count(CAROL.address) == nonce + 1


@pytest.mark.parametrize("caller", [ALICE, CAROL], ids=["same shard", "other shard"])
def test_a_contract_pays_accounts_of_other_shards_in_the_same_block(
    cluster: RunningCluster, caller: Any
) -> None:
    w3: Any = cluster.web3()
    contract = send(w3, ALICE, data=PAYS_TWO, **FEES)["contractAddress"]
    payees = [somebody("payee", 3).address, ERIN.address]
    data = padded(payees[0]) + word(7) + padded(payees[1]) + word(8)
    receipt = send(w3, caller, to=contract, value=15, data=data, **FEES)
    block, everybody = receipt["blockNumber"], [*payees, contract, caller.address]
    before = balances(w3, everybody, block - 1)
    assert receipt["status"] == 1
    gains = [7, 8, 0, -15 - fee(receipt)]
    assert balances(w3, everybody, block) == [a + b for a, b in zip(before, gains, strict=True)]


def test_transactions_of_one_sender_take_their_turns_whatever_shards_they_are_for(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    here, there = [
        send(w3, creator, data=KEEPS_ORDER, **FEES)["contractAddress"]
        for creator in (CAROL, ALICE)
    ]
    payee = somebody("payee of many", 3)
    kinds: list[dict[str, Any]] = [
        {"to": BOB.address, "value": 1, "gas": 21_000},  # to another shard
        {"to": there},
        {"to": CAROL.address, "value": 1, "gas": 21_000},  # within the shard
        {"to": payee.address, "value": 1, "gas": 21_000},
        {"to": here},
        {"data": COUNTS_MONEY},
    ]
    first = w3.eth.get_transaction_count(CAROL.address)
    signed = []
    for index in range(24):
        fields = {"gas": 200_000, **kinds[index % len(kinds)], "nonce": first + index, **FEES}
        if fields.get("to") in (here, there):
            fields["data"] = word(index)
        signed.append(CAROL.sign_transaction({**fields, "chainId": w3.eth.chain_id}))
    for one in signed[1::2] + signed[::2]:
        w3.eth.send_raw_transaction(one.raw_transaction)
    receipts = [w3.eth.wait_for_transaction_receipt(one.hash, 20, 0.01) for one in signed]
    assert [receipt["status"] for receipt in receipts] == [1] * len(signed)
    blocks = [receipt["blockNumber"] for receipt in receipts]
    assert blocks == sorted(blocks)
    assert w3.eth.get_storage_at(there, 0).lstrip(b"\0") == bytes((1, 7, 13, 19))
    assert w3.eth.get_storage_at(here, 0).lstrip(b"\0") == bytes((4, 10, 16, 22))
    assert w3.eth.get_balance(payee.address) == 4
    assert w3.eth.get_transaction_count(CAROL.address) == first + len(signed)
