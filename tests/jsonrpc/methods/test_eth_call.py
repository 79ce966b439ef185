"""eth_call and eth_estimateGas."""

from __future__ import annotations

import pytest

from quarkparsec.jsonrpc.node import ContractElsewhere, ExecutionReverted
from quarkparsec.types import ShardKey
from tests.jsonrpc.cluster import ALICE, TOKEN, Door, MemoryCluster

CALL = {"from": ALICE.address, "to": "0x" + TOKEN.hex(), "data": "0x1234"}


def test_a_call_runs_at_the_block_that_is_named(door: Door, cluster: MemoryCluster) -> None:
    cluster.outcome = b"\x2a"
    block_hash = door.ask("eth_getBlockByNumber", "0x1", False)["hash"]
    for block in ("0x1", block_hash, {"blockHash": block_hash}, {"blockNumber": "0x1"}):
        assert door.ask("eth_call", CALL, block) == "0x2a"
    assert door.ask("eth_call", CALL) == "0x2a"
    assert [epoch for _, epoch in cluster.calls] == [1, 1, 1, 1, 2]
    request, _ = cluster.calls[0]
    assert (request.to, request.data) == (TOKEN, b"\x12\x34")


def test_an_estimate_is_a_quantity(door: Door) -> None:
    assert door.ask("eth_estimateGas", CALL) == "0x5208"
    assert door.ask("eth_estimateGas", CALL, "pending") == "0x5208"


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_revert_is_code_3_with_reason_and_data(
    door: Door, cluster: MemoryCluster, method: str
) -> None:
    reason = b"user error"
    words = (32).to_bytes(32, "big") + len(reason).to_bytes(32, "big") + reason.ljust(32, b"\0")
    data = bytes.fromhex("08c379a0") + words
    cluster.outcome = ExecutionReverted(data)
    expected = {"code": 3, "message": "execution reverted: user error", "data": "0x" + data.hex()}
    assert door.refusal(method, CALL) == expected


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_revert_for_want_of_a_contract_elsewhere_says_where_it_lives(
    door: Door, cluster: MemoryCluster, method: str
) -> None:
    elsewhere = ContractElsewhere(TOKEN, ShardKey(7), ShardKey(9))
    cluster.outcome = ExecutionReverted(b"", elsewhere)
    words = f"execution reverted: 0x{TOKEN.hex()} lives under shard key 0x00000007"
    error = door.refusal(method, CALL)
    assert error["message"].startswith(words)
    assert error["code"] == 3
    assert f"0x{TOKEN.hex()} lives".encode().hex() in error["data"]


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_call_for_another_chain_is_refused(door: Door, method: str) -> None:
    assert door.refusal(method, CALL | {"chainId": "0x1"}) == {
        "code": -32000,
        "message": "chainId does not match node's (have=1, want=20803)",
    }
    assert door.ask("eth_call", CALL | {"chainId": "0x5143"}) == "0x"


def test_overrides_are_refused_unless_there_are_none(door: Door) -> None:
    assert door.ask("eth_call", CALL, "latest", {}, None) == "0x"
    overrides = {CALL["to"]: {"balance": "0x1"}}
    error = door.refusal("eth_call", CALL, "latest", overrides)
    words = "invalid argument 2: overrides are not supported"
    assert error == {"code": -32602, "message": words}


def test_an_estimate_of_a_creation_needs_code(door: Door) -> None:
    error = door.refusal("eth_estimateGas", {"from": ALICE.address})
    assert error["message"] == "contract creation without any data provided"
    assert door.ask("eth_estimateGas", {"data": "0x6000"}) == "0x5208"
