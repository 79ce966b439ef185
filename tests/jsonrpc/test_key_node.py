"""A shard key as a network of its own, at its own chain id."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account as Wallet
from web3 import Web3

from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Nonce, Recipient, ShardKey, Slot, Wei
from tests.chain.signed import sign_native
from tests.jsonrpc.cluster import ALICE, BOB, CHAIN_ID, TOKEN, Door, MemoryCluster, sign
from tests.jsonrpc.headers import GWEI
from tests.state.words import new_account

KEY = ShardKey(0x0A0B0C0D)
OTHER = ShardKey(0x0A0B0C11)
"""Another key of the same shard."""
NETWORK = key_chain_id(CHAIN_ID, KEY)


@pytest.fixture
def placed(cluster: MemoryCluster) -> MemoryCluster:
    """BOB and TOKEN under KEY."""
    cluster.accounts[BOB] = new_account(KEY, Wei(7))._replace(nonce=Nonce(3))
    cluster.accounts[TOKEN] = new_account(KEY, Wei(1))._replace(code_hash=keccak(b"\x60\x00"))
    return cluster


@pytest.fixture
def door(placed: MemoryCluster) -> Door:
    return Door(placed, KEY)


@pytest.fixture
def other(placed: MemoryCluster) -> Door:
    return Door(placed, OTHER)


def test_the_network_has_the_chain_id_of_its_key(door: Door) -> None:
    assert door.ask("eth_chainId") == hex(NETWORK)
    assert door.ask("net_version") == str(NETWORK)
    assert door.ask("qp_getCluster")["chainId"] == hex(CHAIN_ID)


def test_an_account_under_the_key_is_shown_and_one_under_another_is_without_money(
    door: Door, other: Door
) -> None:
    bob, token = "0x" + BOB.hex(), "0x" + TOKEN.hex()
    assert [one.ask("eth_getBalance", bob) for one in (door, other)] == ["0x7", "0x0"]
    assert [one.ask("eth_getTransactionCount", bob) for one in (door, other)] == ["0x3", "0x3"]
    codes = [one.ask("eth_getCode", token) for one in (door, other)]
    assert codes == ["0x6000", "0x" + FOREIGN_STUB.hex()]
    words = [int(one.ask("eth_getStorageAt", token, "0x2"), 16) for one in (door, other)]
    assert words == [7, 0]
    assert door.ask("eth_getProof", bob, [])["balance"] == "0x7"
    assert other.refusal("eth_getProof", bob, [])["message"] == "nothing to prove"


def test_an_address_may_still_be_of_any_key(other: Door) -> None:
    address = "0x" + BOB.hex() + KEY.to_bytes(4, "big").hex()
    assert other.ask("qp_getBalance", address) == "0x7"


def test_calls_run_under_the_key(door: Door, placed: MemoryCluster) -> None:
    wanted = {"to": "0x" + TOKEN.hex(), "chainId": hex(NETWORK)}
    door.ask("eth_call", wanted)
    door.ask("eth_estimateGas", wanted)
    assert [request.key for request, _ in placed.calls] == [KEY, KEY]
    words = f"chainId does not match node's (have={CHAIN_ID}, want={NETWORK})"
    assert door.refusal("eth_call", {**wanted, "chainId": hex(CHAIN_ID)})["message"] == words


def test_a_transaction_of_the_network_is_taken(door: Door, placed: MemoryCluster) -> None:
    raw = sign(chainId=NETWORK)
    assert door.ask("eth_sendRawTransaction", "0x" + raw.hex()) == "0x" + keccak(raw).hex()
    assert placed.submitted == [[raw]]


@pytest.mark.parametrize(
    "raw",
    [
        sign(),
        sign(chainId=key_chain_id(CHAIN_ID, OTHER)),
        sign(chainId=key_chain_id(CHAIN_ID + 1, KEY), gasPrice=GWEI),
        sign_native(fromKey=KEY, toKey=KEY),
    ],
    ids=["cluster's", "another key's", "another cluster's", "native"],
)
def test_a_transaction_of_another_network_is_refused(
    door: Door, placed: MemoryCluster, raw: bytes
) -> None:
    have = decode_transaction(raw).chain_id
    words = f"invalid chain id for signer: have {have} want {NETWORK}"
    for method in ("eth_sendRawTransaction", "qp_sendRawTransaction"):
        error = door.refusal(method, "0x" + raw.hex())
        assert error == {"code": -32000, "message": words}
    assert not any(placed.submitted)


def test_of_many_only_the_networks_own_are_taken_each_with_its_answer(
    door: Door, placed: MemoryCluster
) -> None:
    raws = [sign(nonce=0), sign(chainId=NETWORK), b"\x02\xc0", sign(chainId=NETWORK, nonce=1)]
    answers = door.request(
        [
            {"jsonrpc": "2.0", "id": index, "method": "eth_sendRawTransaction", "params": [text]}
            for index, text in enumerate("0x" + raw.hex() for raw in raws)
        ]
    )
    assert ["result" in answer for answer in answers] == [False, True, False, True]
    assert answers[3]["result"] == "0x" + keccak(raws[3]).hex()
    assert placed.submitted == [[raws[1], raws[3]]]


def test_blocks_and_receipts_are_the_clusters(door: Door, placed: MemoryCluster) -> None:
    block = door.ask("eth_getBlockByNumber", "0x1", False)
    assert block == Door(placed).ask("eth_getBlockByNumber", "0x1", False)
    assert door.ask("eth_getBlockByHash", block["hash"], False) == block
    first = block["transactions"][0]
    assert door.ask("eth_getTransactionReceipt", first)["blockNumber"] == "0x1"
    assert door.ask("eth_getTransactionByHash", first)["chainId"] == hex(CHAIN_ID)
    assert len(door.ask("eth_getBlockReceipts", "0x1")) == len(block["transactions"])
    assert len(door.ask("eth_getLogs", {"fromBlock": "0x0"})) == 5
    assert door.ask("web3_clientVersion") == placed.client_version
    assert door.ask("qp_getAddress", "0x" + BOB.hex())["shardKey"] == hex(KEY)
    assert door.ask("qp_chooseKey", "random") == Door(placed).ask("qp_chooseKey", "random")


@pytest.mark.parametrize(
    "fees",
    [{"gasPrice": GWEI}, {"maxFeePerGas": GWEI, "maxPriorityFeePerGas": 1}],
    ids=["legacy", "dynamic fee"],
)
def test_a_wallet_signs_for_the_network_and_its_signature_is_read(fees: dict[str, Any]) -> None:
    fields = {"chainId": NETWORK, "to": Web3.to_checksum_address("0x" + BOB.hex()), "nonce": 1}
    signed = ALICE.sign_transaction({**fields, "value": 5, "gas": 21_000, **fees})
    transaction = decode_transaction(bytes(signed.raw_transaction))
    assert transaction.sender == Recipient(bytes.fromhex(ALICE.address[2:]))
    assert (transaction.from_key, transaction.to_key) == (KEY, KEY)
    assert Wallet.recover_transaction(signed.raw_transaction) == ALICE.address


def test_no_storage_is_read_of_nobody(door: Door) -> None:
    nobody = "0x" + "99" * 20
    assert door.ask("eth_getBalance", nobody) == "0x0"
    assert door.ask("eth_getStorageAt", nobody, "0x0") == "0x" + bytes(Slot(bytes(32))).hex()
