"""Every answer has the shape that execution-apis gives it, and no member more where it says so."""

from __future__ import annotations

import pytest

from tests.jsonrpc import execution_apis
from tests.jsonrpc.cluster import ALICE, TOKEN, TRANSFER, Door, sign

ADDRESS = ALICE.address
CALL = {"from": ADDRESS, "to": "0x" + TOKEN.hex(), "input": "0x70a08231"}
TOPIC = "0x" + TRANSFER.hex()

SHAPES: list[tuple[str, tuple[object, ...]]] = [
    ("eth_chainId", ()),
    ("eth_syncing", ()),
    ("eth_coinbase", ()),
    ("eth_accounts", ()),
    ("eth_blockNumber", ()),
    ("eth_gasPrice", ()),
    ("eth_maxPriorityFeePerGas", ()),
    ("eth_baseFee", ()),
    ("eth_blobBaseFee", ()),
    ("eth_feeHistory", ("0x2", "latest", [10, 50.5, 90])),
    ("eth_feeHistory", ("0x2", "latest", [])),
    ("eth_feeHistory", ("0x0", "latest", [])),
    ("eth_getBalance", (ADDRESS, "latest")),
    ("eth_getBalance", (ADDRESS,)),
    ("eth_getTransactionCount", (ADDRESS, "pending")),
    ("eth_getCode", (CALL["to"], "latest")),
    ("eth_getStorageAt", (CALL["to"], "0x2", "latest")),
    ("eth_getProof", (CALL["to"], ["0x2", "0x" + "00" * 32], "latest")),
    ("eth_getProof", ("0x" + "99" * 20, [], "latest")),
    ("eth_call", (CALL, "latest")),
    ("eth_estimateGas", (CALL,)),
    ("eth_sendRawTransaction", ("0x" + sign(nonce=6).hex(),)),
    ("eth_getLogs", ({"fromBlock": "earliest", "topics": [TOPIC]},)),
    *[
        ("eth_getBlockByNumber", (tag, full))
        for tag in ("latest", "earliest", "pending", "safe", "finalized", "0x1", "0x7f")
        for full in (False, True)
    ],
    *[("eth_getBlockReceipts", (which,)) for which in ("latest", "earliest", "0x1", "0x7f")],
    ("eth_getBlockTransactionCountByNumber", ("0x1",)),
    *[
        ("eth_getTransactionByBlockNumberAndIndex", ("0x1", index))
        for index in ("0x0", "0x1", "0x2", "0x3")
    ],
]


@execution_apis.needed
@pytest.mark.parametrize(("method", "params"), SHAPES)
def test_results_have_the_published_shape(
    door: Door, method: str, params: tuple[object, ...]
) -> None:
    assert execution_apis.complaint(method, door.ask(method, *params)) is None


@execution_apis.needed
def test_what_is_found_by_hash_has_the_published_shape(door: Door) -> None:
    for block_number in ("0x0", "0x1", "0x2"):
        block = door.ask("eth_getBlockByNumber", block_number, False)
        by_hash = {
            "eth_getBlockByHash": (block["hash"], True),
            "eth_getBlockTransactionCountByHash": (block["hash"],),
            "eth_getTransactionByBlockHashAndIndex": (block["hash"], "0x0"),
        }
        for method, params in by_hash.items():
            assert execution_apis.complaint(method, door.ask(method, *params)) is None
        for transaction_hash in block["transactions"]:
            for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
                result = door.ask(method, transaction_hash)
                assert result is not None
                assert execution_apis.complaint(method, result) is None


@execution_apis.needed
def test_the_checker_sees_a_missing_member_and_one_too_many(door: Door) -> None:
    block = door.ask("eth_getBlockByNumber", "0x1", False)
    receipt = door.ask("eth_getTransactionReceipt", block["transactions"][0])
    check = execution_apis.complaint
    assert check("eth_getTransactionReceipt", receipt | {"shardId": "0x1"}) is not None
    del block["mixHash"]
    assert check("eth_getBlockByNumber", block) is not None
