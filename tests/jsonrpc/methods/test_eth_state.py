"""eth_*: accounts, code and storage."""

from __future__ import annotations

import pytest

from tests.jsonrpc.cluster import ALICE, TOKEN, Door, MemoryCluster, sign

CONTRACT = "0x" + TOKEN.hex()
STRANGER = "0x" + "99" * 20


@pytest.mark.parametrize("block", [(), ("latest",), ("pending",), (None,), ("0x2",)])
def test_the_block_may_be_left_out(door: Door, block: tuple[object, ...]) -> None:
    assert door.ask("eth_getBalance", ALICE.address, *block) == hex(10**18)


def test_who_does_not_exist_has_nothing(door: Door) -> None:
    assert door.ask("eth_getBalance", STRANGER) == "0x0"
    assert door.ask("eth_getTransactionCount", STRANGER) == "0x0"
    assert door.ask("eth_getCode", STRANGER) == "0x"
    assert door.ask("eth_getStorageAt", STRANGER, "0x0") == "0x" + "00" * 32


def test_the_pending_nonce_counts_the_pool_at_once(door: Door) -> None:
    door.ask("eth_sendRawTransaction", "0x" + sign(nonce=6).hex())
    assert door.ask("eth_getTransactionCount", ALICE.address, "latest") == "0x6"
    assert door.ask("eth_getTransactionCount", ALICE.address, "pending") == "0x7"


def test_code_and_storage_of_a_contract(door: Door) -> None:
    assert door.ask("eth_getCode", CONTRACT, "latest") == "0x6000"
    word = "0x" + "00" * 31 + "07"
    assert door.ask("eth_getStorageAt", CONTRACT, "0x2", "latest") == word
    assert door.ask("eth_getStorageAt", CONTRACT, "0x" + "00" * 31 + "02") == word


@pytest.mark.parametrize("method", ["eth_getBalance", "eth_getCode", "eth_getTransactionCount"])
def test_state_of_a_block_that_does_not_exist_is_an_error(door: Door, method: str) -> None:
    error = {"code": -32000, "message": "header not found"}
    assert door.refusal(method, STRANGER, "0x7f") == error


def test_a_proof_names_the_slots_that_were_asked(door: Door) -> None:
    proof = door.ask("eth_getProof", CONTRACT, ["0x2", "0x2"])
    assert [(slot["key"], slot["value"]) for slot in proof["storageProof"]] == [("0x2", "0x7")] * 2
    assert proof["accountProof"] == ["0xc180"]


def test_proofs_exist_for_the_latest_state_only(door: Door, cluster: MemoryCluster) -> None:
    assert door.ask("eth_getProof", CONTRACT, [], "0x2")["address"] == CONTRACT
    assert door.refusal("eth_getProof", CONTRACT, [], "0x1")["code"] == 4444
