"""A shard key as a network of its own, native transactions and `send.py`, against a real cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError

from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.signer import Unsigned, sign_native
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.types import Address, Recipient, ShardKey, home_key, shard_of
from tests.processes.running_cluster import ROOT, RunningCluster
from tests.processes.test_wallets import (
    ALICE,
    BOB,
    CAROL,
    ETHER,
    FEES,
    GAS_PRICE,
    counter_code,
    send,
    word,
)

pytestmark = pytest.mark.processes

CHAIN_ID = 20803
SHARDS = 4
ALICE_SHARD = 2
KEY = ShardKey(0xABCDEF00 + ALICE_SHARD)
"""Of Alice's shard, and nobody's home."""
OTHER = ShardKey(KEY + SHARDS)
"""Another one of the same shard."""


def stranger(number: int) -> LocalAccount:
    """A fresh account whose home is in another shard, so that Alice's shard has room for it at any key.

    The contracts that it creates first are at home in Alice's shard.
    """
    for attempt in range(10_000):
        secret = keccak(f"stranger {number} {attempt}".encode())
        recipient = recipient_of(secret)
        created = create_address(recipient, 0)
        if shard_of(home_key(recipient), SHARDS) == 0 and (
            shard_of(home_key(created), SHARDS) == ALICE_SHARD
        ):
            return Account.from_key(secret)
    raise AssertionError("no such account")


def address(of: LocalAccount, key: ShardKey) -> Address:
    return Address(recipient_of(bytes(of.key)), key)


def text(address: Address) -> str:
    return "0x" + address.encode().hex()


def network(cluster: RunningCluster, key: ShardKey) -> Any:
    """A wallet library at the URL of a shard key."""
    return Web3(HTTPProvider(f"{cluster.url}/key/{key:08x}"))


def native(
    cluster: RunningCluster, sender: LocalAccount, origin: ShardKey, to: Address, value: int
) -> bytes:
    """A signed native transfer with the sender's next nonce."""
    nonce = int(
        cluster.rpc("qp_getTransactionCount", text(address(sender, origin)), "pending"), 16
    )
    unsigned = Unsigned(CHAIN_ID, nonce, 10**9, GAS_PRICE, 21_000, to.recipient, value)
    return sign_native(unsigned, origin, to.shard_key, bytes(sender.key))


def pay(cluster: RunningCluster, to: Address, value: int = ETHER) -> Any:
    """Alice pays an explicit address from her home; the receipt."""
    w3: Any = cluster.web3()
    raw = native(cluster, ALICE, home_key(recipient_of(bytes(ALICE.key))), to, value)
    sent = cluster.rpc("qp_sendRawTransaction", "0x" + raw.hex())["transactionHash"]
    return w3.eth.wait_for_transaction_receipt(sent, 20, 0.01)


def balance(cluster: RunningCluster, at: Address) -> int:
    return int(cluster.rpc("qp_getBalance", text(at), "latest"), 16)


def test_a_native_transfer_funds_an_address_that_only_its_network_shows(
    cluster: RunningCluster,
) -> None:
    w3: Any = cluster.web3()
    who = stranger(1)
    receipt = pay(cluster, address(who, KEY), 5 * ETHER)
    assert (receipt["status"], receipt["type"]) == (1, 0x51)
    assert balance(cluster, address(who, KEY)) == 5 * ETHER
    assert balance(cluster, address(who, OTHER)) == 0
    assert network(cluster, KEY).eth.get_balance(who.address) == 5 * ETHER
    assert network(cluster, OTHER).eth.get_balance(who.address) == 0
    assert w3.eth.get_balance(who.address) == 0
    seen = cluster.rpc("eth_getTransactionByHash", "0x" + receipt["transactionHash"].hex())
    home = home_key(recipient_of(bytes(ALICE.key)))
    assert (seen["type"], seen["fromKey"], seen["toKey"]) == ("0x51", hex(home), hex(KEY))


@pytest.mark.parametrize("fees", [FEES, {"gasPrice": GAS_PRICE}], ids=["dynamic fee", "legacy"])
def test_a_wallet_uses_a_key_as_any_other_network(
    cluster: RunningCluster, fees: dict[str, int]
) -> None:
    w3, who = network(cluster, KEY), stranger(20 + len(fees))
    pay(cluster, address(who, KEY))
    assert w3.eth.chain_id == key_chain_id(CHAIN_ID, KEY)
    assert w3.net.version == str(w3.eth.chain_id)
    whom = stranger(30 + len(fees))
    receipt = send(w3, who, to=whom.address, value=7, **fees)
    assert receipt["status"] == 1
    assert balance(cluster, address(whom, KEY)) == 7
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert w3.eth.get_balance(who.address) == ETHER - 7 - fee
    assert w3.eth.get_transaction_count(who.address) == 1


def test_a_contract_lives_under_the_key_that_its_creator_chose(cluster: RunningCluster) -> None:
    w3, who = network(cluster, KEY), stranger(4)
    pay(cluster, address(who, KEY))
    created = send(w3, who, data=counter_code(), **FEES)
    contract = created["contractAddress"]
    assert send(w3, who, to=contract, data=word(42), **FEES)["status"] == 1
    assert w3.eth.call({"to": contract}) == word(42)
    assert w3.eth.get_storage_at(contract, 0) == word(42)
    assert len(w3.eth.get_logs({"address": contract, "fromBlock": created["blockNumber"]})) == 1
    found = cluster.rpc("qp_getAddress", contract)
    assert (found["shardKey"], found["shardId"]) == (hex(KEY), hex(ALICE_SHARD))
    everywhere: Any = cluster.web3()
    assert everywhere.eth.call({"to": contract}) == word(42)
    proof = w3.eth.get_proof(contract, [0])
    assert int(proof["storageProof"][0]["value"].hex(), 16) == 42


def test_under_another_key_of_the_same_shard_a_contract_is_the_stub(
    cluster: RunningCluster,
) -> None:
    who = stranger(5)
    pay(cluster, address(who, KEY))
    contract = send(network(cluster, KEY), who, data=counter_code(), **FEES)["contractAddress"]
    other = network(cluster, OTHER)
    assert other.eth.get_code(contract) == bytes.fromhex("600080fd")
    assert other.eth.get_storage_at(contract, 0) == word(0)
    with pytest.raises(Exception, match="execution reverted"):
        other.eth.call({"to": contract})
    with pytest.raises(Web3RPCError, match="has key 0xabcdef02 in its shard"):
        other.eth.get_proof(contract, [0])


def test_a_universal_contract_is_in_every_network(cluster: RunningCluster) -> None:
    multicall = Web3.to_checksum_address("0xca11bde05977b3631167028862be2a173976ca11")
    get_chain_id = bytes.fromhex("3408e470")
    w3 = network(cluster, KEY)
    assert w3.eth.get_code(multicall) == cluster.web3().eth.get_code(multicall) != b""
    assert int.from_bytes(w3.eth.call({"to": multicall, "data": get_chain_id}), "big") == CHAIN_ID
    with pytest.raises(RuntimeError, match="is in every shard"):
        cluster.rpc("qp_getAddress", multicall)


def test_what_was_signed_for_one_network_is_refused_by_the_others(cluster: RunningCluster) -> None:
    who = stranger(6)
    pay(cluster, address(who, KEY))
    fields = {"to": BOB.address, "value": 1, "gas": 21_000, "nonce": 0, **FEES}
    raw = who.sign_transaction({**fields, "chainId": key_chain_id(CHAIN_ID, KEY)}).raw_transaction
    with pytest.raises(Web3RPCError, match="invalid chain id for signer"):
        network(cluster, OTHER).eth.send_raw_transaction(raw)
    for_cluster = who.sign_transaction({**fields, "chainId": CHAIN_ID}).raw_transaction
    with pytest.raises(Web3RPCError, match="invalid chain id for signer"):
        network(cluster, KEY).eth.send_raw_transaction(for_cluster)
    other_cluster = {**fields, "chainId": key_chain_id(CHAIN_ID + 1, KEY)}
    with pytest.raises(Web3RPCError, match="invalid chain id for signer"):
        cluster.web3().eth.send_raw_transaction(
            who.sign_transaction(other_cluster).raw_transaction
        )


def test_an_address_that_the_shard_has_no_room_for_is_refused_in_time(
    cluster: RunningCluster,
) -> None:
    who = stranger(7)
    pay(cluster, address(who, KEY))
    w3 = network(cluster, KEY)
    words = "no account under key 0xabcdef02"
    with pytest.raises(Web3RPCError, match=words):
        w3.eth.estimate_gas({"from": who.address, "to": BOB.address, "value": 1})
    with pytest.raises(Web3RPCError, match=words):
        w3.eth.call({"from": who.address, "to": BOB.address, "value": 1})
    with pytest.raises(Web3RPCError, match=r"insufficient funds for gas .* under key 0xabcdef06"):
        network(cluster, OTHER).eth.call(
            {"from": who.address, "to": stranger(8).address, "value": 1}
        )


ELSEWHERE = ShardKey(0xABCDEF01)
"""A key of another shard than Alice's."""


def test_a_native_transfer_crosses_shards(cluster: RunningCluster) -> None:
    who = stranger(14)
    receipt = pay(cluster, address(who, ELSEWHERE), 3 * ETHER)
    assert (receipt["status"], receipt["gasUsed"]) == (1, 21_000)
    assert balance(cluster, address(who, ELSEWHERE)) == 3 * ETHER
    raw = native(cluster, who, ELSEWHERE, address(who, KEY), ETHER)
    back = cluster.rpc("qp_sendRawTransaction", "0x" + raw.hex())["transactionHash"]
    w3: Any = cluster.web3()
    fee = w3.eth.wait_for_transaction_receipt(back, 20, 0.01)["effectiveGasPrice"] * 21_000
    assert balance(cluster, address(who, KEY)) == ETHER
    assert balance(cluster, address(who, ELSEWHERE)) == 2 * ETHER - fee
    assert w3.eth.get_balance(who.address) == 0


def test_a_native_call_crosses_shards(cluster: RunningCluster) -> None:
    who = stranger(15)
    pay(cluster, address(who, KEY))
    contract = send(network(cluster, KEY), who, data=counter_code(), **FEES)["contractAddress"]
    pay(cluster, address(who, ELSEWHERE))
    code, said = run_send(
        cluster,
        *("--from-key", f"{ELSEWHERE:x}", "--to", contract, "--gas", "200000"),
        *("--data", "0x" + word(8).hex()),
        key=bytes(who.key),
    )
    assert code == 0, said
    assert f"key {ELSEWHERE:08x}, shard 1 of 4" in said
    assert network(cluster, KEY).eth.call({"to": contract}) == word(8)
    assert network(cluster, ELSEWHERE).eth.get_transaction_count(who.address) == 1


def test_a_contract_is_created_under_a_key_of_another_shard(cluster: RunningCluster) -> None:
    who = stranger(16)
    pay(cluster, address(who, KEY))
    code, said = run_send(
        cluster,
        *("--from-key", f"{KEY:x}", "--to-key", f"{ELSEWHERE:x}", "--gas", "500000"),
        *("--data", "0x" + counter_code().hex()),
        key=bytes(who.key),
    )
    assert code == 0, said
    contract = create_address(recipient_of(bytes(who.key)), 0)
    found = cluster.rpc("qp_getAddress", "0x" + contract.hex())
    assert (found["shardKey"], found["shardId"]) == (hex(ELSEWHERE), "0x1")
    assert network(cluster, ELSEWHERE).eth.call({"to": contract}) == word(0)


def test_money_that_an_address_cant_take_stays_with_its_sender(cluster: RunningCluster) -> None:
    who, whom = (
        stranger(17),
        address(CAROL, ShardKey(home_key(recipient_of(bytes(CAROL.key))) ^ 4)),
    )
    pay(cluster, address(who, KEY))
    raw = native(cluster, who, KEY, whom, 5)
    sent = cluster.rpc("qp_sendRawTransaction", "0x" + raw.hex())["transactionHash"]
    deadline = time.monotonic() + 20
    while cluster.rpc("eth_getTransactionByHash", sent) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert balance(cluster, address(who, KEY)) == ETHER
    assert balance(cluster, whom) == 0


def test_a_transaction_for_a_key_that_its_sender_doesnt_have_is_refused_at_the_door(
    cluster: RunningCluster,
) -> None:
    who = stranger(18)
    pay(cluster, address(who, KEY))
    raw = native(cluster, who, OTHER, address(stranger(19), OTHER), 5)
    with pytest.raises(RuntimeError, match="insufficient funds"):
        cluster.rpc("qp_sendRawTransaction", "0x" + raw.hex())


@pytest.mark.parametrize("path", ["/key/zz", "/key/123456789", "/keys"])
def test_a_path_that_shows_nothing_is_not_found(cluster: RunningCluster, path: str) -> None:
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}'
    connection = HTTPConnection("127.0.0.1", cluster.port, timeout=10)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    with closing(connection), connection.getresponse() as answer:
        assert answer.status == 404
        assert answer.read().startswith(b"not found: the paths are / and /key/")


# --- scripts/send.py


def run_send(cluster: RunningCluster, *flags: str, key: bytes | None = None) -> tuple[int, str]:
    """Its exit status and what it said."""
    command = [sys.executable, "scripts/send.py", "--url", cluster.url, *flags]
    environment = dict(os.environ, COLUMNS="200")
    if key is not None:
        environment["QUARKPARSEC_PRIVATE_KEY"] = key.hex()
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, env=environment
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_pays_an_explicit_address(cluster: RunningCluster) -> None:
    who = address(stranger(9), KEY)
    code, said = run_send(cluster, "--devnet-account", "0", "--to", text(who), "--value", "2gwei")
    assert code == 0, said
    assert "succeeded" in said
    assert f"key {KEY:08x}, shard 2 of 4" in said
    assert balance(cluster, who) == 2 * 10**9


def test_the_command_sends_ordinary_transactions_too(cluster: RunningCluster) -> None:
    before = cluster.web3().eth.get_balance(BOB.address)
    code, said = run_send(cluster, "--to", BOB.address, "--value", "5", key=bytes(ALICE.key))
    assert code == 0, said
    assert cluster.web3().eth.get_balance(BOB.address) == before + 5


def test_the_command_creates_and_calls_a_contract_under_a_chosen_key(
    cluster: RunningCluster,
) -> None:
    who = stranger(10)
    pay(cluster, address(who, KEY))
    flags = ("--from-key", f"{KEY:x}")
    code, said = run_send(
        cluster, *flags, "--data", "0x" + counter_code().hex(), key=bytes(who.key)
    )
    assert code == 0, said
    contract = Address(Recipient(create_address(recipient_of(bytes(who.key)), 0)), KEY)
    assert f"0x{contract.recipient.hex()}" in said
    call = (*flags, "--to", text(contract), "--gas", "100000")
    assert run_send(cluster, *call, "--data", "0x" + word(6).hex(), key=bytes(who.key))[0] == 0
    assert network(cluster, KEY).eth.call(
        {"to": Web3.to_checksum_address(contract.recipient)}
    ) == word(6)
    assert run_send(cluster, *call, "--data", "0x" + word(7).hex(), key=bytes(who.key))[0] == 1


def test_the_command_sends_within_one_keys_network(cluster: RunningCluster) -> None:
    who, whom = stranger(12), stranger(13)
    pay(cluster, address(who, KEY))
    flags = ("--url", f"{cluster.url}/key/{KEY:08x}", "--to", whom.address, "--value", "3")
    code, said = run_send(cluster, *flags, key=bytes(who.key))
    assert code == 0, said
    assert balance(cluster, address(whom, KEY)) == 3
    code, said = run_send(cluster, *flags, "--to-key", "1", key=bytes(who.key))
    assert (code, "shows a single shard key" in said) == (2, True)


def test_the_command_says_what_the_node_refuses(cluster: RunningCluster) -> None:
    broke = bytes(stranger(11).key)
    code, said = run_send(cluster, "--to", CAROL.address, "--gas", "21000", key=broke)
    assert (code, "insufficient funds" in said) == (2, True)
    code, said = run_send(cluster, "--to", CAROL.address, key=b"\x01")
    assert (code, "64 hexadecimal digits" in said) == (2, True)
