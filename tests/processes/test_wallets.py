"""web3.py and eth-account, unmodified, against a freshly started cluster."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from quarkparsec.chain.creation import create_address
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of
from tests.processes.running_cluster import RunningCluster

pytestmark = pytest.mark.processes

KEYS = derive_keys(TEST_MNEMONIC, 10)
ALICE: LocalAccount = Account.from_key(KEYS[0])  # shard 2
BOB: LocalAccount = Account.from_key(KEYS[3])  # shard 2
CAROL: LocalAccount = Account.from_key(KEYS[1])  # shard 0
DAVE: LocalAccount = Account.from_key(KEYS[2])  # shard 0
ERIN: LocalAccount = Account.from_key(KEYS[4])  # shard 1

ETHER = 10**18

GAS_PRICE = 10 * 10**9


def counter_code() -> bytes:
    """Init code of a contract that keeps one word.

    Without data it returns the word; with data it stores the data's first word and logs it, unless the
    word is odd: then it reverts with the reason "odd". Assembled here, so that no compiler is needed.
    """
    read = bytes.fromhex("60005460005260206000f3")
    write = bytes.fromhex("600035806000558060005260206000a100")
    revert = bytes.fromhex(
        "7f08c379a000000000000000000000000000000000000000000000000000000000600052"
        "6020600452"
        "6003602452"
        "7f6f64640000000000000000000000000000000000000000000000000000000000604452"
        "60646000fd"
    )
    entry = bytes((0x36, 0x60, 4 + len(read), 0x57)) + read  # has data? jump
    branch = bytes.fromhex("5b600035600116")  # is it odd?
    odd_at = len(entry) + len(branch) + 3 + len(write)
    runtime = entry + branch + bytes((0x60, odd_at, 0x57)) + write + b"\x5b" + revert
    size = len(runtime)
    return bytes((0x60, size, 0x60, 12, 0x60, 0, 0x39, 0x60, size, 0x60, 0, 0xF3)) + runtime


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def send(w3: Any, sender: LocalAccount, **fields: Any) -> Any:
    """Fill in, sign, send and wait, as applications do."""
    nonce = w3.eth.get_transaction_count(sender.address, "pending")
    transaction = {"chainId": w3.eth.chain_id, "nonce": nonce, **fields}
    if "gas" not in transaction:
        transaction["gas"] = w3.eth.estimate_gas({"from": sender.address, **fields})
    raw = sender.sign_transaction(transaction).raw_transaction
    return w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(raw), 20, 0.01)


FEES = {"maxFeePerGas": GAS_PRICE, "maxPriorityFeePerGas": 10**9}


def test_the_chain_is_the_one_of_the_genesis_file(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    assert w3.is_connected()
    assert (w3.eth.chain_id, w3.net.version) == (20803, "20803")
    assert all(w3.eth.get_balance(account.address) > 0 for account in (ALICE, CAROL, ERIN))


@pytest.mark.parametrize(
    "fields",
    [
        {"gasPrice": GAS_PRICE},
        {
            "gasPrice": GAS_PRICE,
            "accessList": [{"address": BOB.address, "storageKeys": []}],
            "gas": 30_000,
        },
        FEES,
    ],
    ids=["legacy", "access list", "dynamic fee"],
)
def test_a_transfer_within_a_shard_moves_exactly_its_value(
    cluster: RunningCluster, fields: dict[str, Any]
) -> None:
    w3: Any = cluster.web3()
    before = [w3.eth.get_balance(account.address) for account in (ALICE, BOB)]
    receipt = send(w3, ALICE, to=BOB.address, value=ETHER, **fields)
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    after = [w3.eth.get_balance(account.address) for account in (ALICE, BOB)]
    assert receipt["status"] == 1
    assert after == [before[0] - ETHER - fee, before[1] + ETHER]
    block = receipt["blockNumber"]
    assert w3.eth.get_balance(ALICE.address, block) == after[0]
    assert w3.eth.get_balance(ALICE.address, block - 1) == before[0]


def test_a_contract_is_created_called_read_and_heard(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    created = send(w3, CAROL, data=counter_code(), **FEES)
    address = created["contractAddress"]
    assert address is not None
    assert w3.eth.get_code(address)
    written = send(w3, CAROL, to=address, data=word(42), **FEES)
    assert [log["data"] for log in written["logs"]] == [word(42)]
    assert w3.eth.call({"to": address}) == word(42)
    assert w3.eth.get_storage_at(address, 0) == word(42)
    logs = w3.eth.get_logs({"address": address, "fromBlock": created["blockNumber"]})
    assert [log["transactionHash"] for log in logs] == [written["transactionHash"]]
    assert w3.eth.call({"to": address}, written["blockNumber"] - 1) == word(0)


def test_somebody_else_on_the_shard_can_call_the_contract(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    address = send(w3, CAROL, data=counter_code(), **FEES)["contractAddress"]
    assert send(w3, DAVE, to=address, data=word(2), **FEES)["status"] == 1
    assert w3.eth.call({"to": address, "from": ERIN.address}) == word(2)


def test_a_contract_can_be_called_before_any_block_has_it(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    nonce = w3.eth.get_transaction_count(ERIN.address)
    fields = {"chainId": w3.eth.chain_id, "gas": 500_000, **FEES}
    creation = ERIN.sign_transaction({**fields, "nonce": nonce, "data": counter_code()})
    address = Web3.to_checksum_address(create_address(recipient_of(KEYS[4]), nonce))
    call = ERIN.sign_transaction({**fields, "nonce": nonce + 1, "to": address, "data": word(8)})
    hashes = [w3.eth.send_raw_transaction(one.raw_transaction) for one in (creation, call)]
    receipts = [w3.eth.wait_for_transaction_receipt(one, 20, 0.01) for one in hashes]
    assert [receipt["status"] for receipt in receipts] == [1, 1]
    assert w3.eth.call({"to": address}) == word(8)


def test_a_revert_reaches_the_wallet_with_its_reason(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    address = send(w3, CAROL, data=counter_code(), **FEES)["contractAddress"]
    with pytest.raises(ContractLogicError, match="odd"):
        w3.eth.call({"to": address, "data": word(1)})
    with pytest.raises(ContractLogicError, match="odd"):
        w3.eth.estimate_gas({"from": CAROL.address, "to": address, "data": word(1)})
    failed = send(w3, CAROL, to=address, data=word(1), gas=100_000, **FEES)
    assert (failed["status"], failed["logs"]) == (0, [])


def test_an_account_delegates_to_a_contract_of_its_shard(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    target = send(w3, ERIN, data=counter_code(), **FEES)["contractAddress"]
    nonce = w3.eth.get_transaction_count(ERIN.address)
    authorization = ERIN.sign_authorization(
        {"chainId": w3.eth.chain_id, "address": target, "nonce": nonce + 1}
    )
    receipt = send(
        w3,
        ERIN,
        to=ERIN.address,
        data=word(6),
        gas=200_000,
        authorizationList=[authorization],
        **FEES,
    )
    assert receipt["status"] == 1
    assert w3.eth.get_code(ERIN.address) == bytes.fromhex("ef0100") + bytes.fromhex(target[2:])
    assert w3.eth.get_storage_at(ERIN.address, 0) == word(6)


def test_a_nonce_that_was_used_is_too_low(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    send(w3, ALICE, to=BOB.address, value=1, **FEES)
    stale = {"to": BOB.address, "value": 1, "gas": 21_000, "nonce": 0, "chainId": 20803, **FEES}
    raw = ALICE.sign_transaction(stale).raw_transaction
    with pytest.raises(Web3RPCError, match="nonce too low"):
        w3.eth.send_raw_transaction(raw)


def test_a_block_lists_its_transactions_and_hashes_to_its_header(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    receipt = send(w3, ALICE, to=BOB.address, value=1, **FEES)
    block = w3.eth.get_block(receipt["blockNumber"], full_transactions=True)
    assert [tx["hash"] for tx in block["transactions"]] == [receipt["transactionHash"]]
    assert w3.eth.get_block(receipt["blockHash"])["number"] == receipt["blockNumber"]
    assert w3.eth.get_block("latest")["number"] >= receipt["blockNumber"]


def test_a_universal_contract_is_in_every_shard(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    multicall = Web3.to_checksum_address("0xca11bde05977b3631167028862be2a173976ca11")
    get_block_number = bytes.fromhex("42cbb15c")
    for account in (ALICE, CAROL, ERIN):
        answer = w3.eth.call({"from": account.address, "to": multicall, "data": get_block_number})
        assert int.from_bytes(answer, "big") >= w3.eth.block_number
