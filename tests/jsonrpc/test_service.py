"""From the bytes of a body to the bytes of its answer."""

from __future__ import annotations

import orjson
import pytest

from quarkparsec.errors import (
    Corrupt,
    InvalidInput,
    InvariantBroken,
    PrunedHistory,
    Rejected,
    Unavailable,
)
from quarkparsec.jsonrpc.node import ExecutionFailed, ExecutionReverted
from quarkparsec.limits import RPC_BATCH_ANSWER_BYTES_MAX, RPC_BATCH_MAX
from tests.jsonrpc.cluster import Door, MemoryCluster, sign

CALL = {"to": "0x" + "70" * 20}


def message(method: str, *params: object, **more: object) -> dict[str, object]:
    """A request with id 1 unless said otherwise."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params} | more


# --- single requests


def test_a_request_is_answered_byte_for_byte_as_geth_does(door: Door) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
    assert door.answer(body) == b'{"jsonrpc":"2.0","id":1,"result":"0x5143"}'


@pytest.mark.parametrize("params", [b"", b',"params":null', b',"params":[]'])
def test_params_may_be_left_out_or_null(door: Door, params: bytes) -> None:
    answer = door.answer(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"' + params + b"}")
    assert orjson.loads(answer)["result"] == "0x5143"


@pytest.mark.parametrize("params", [{}, {"address": "0x"}, "0x", 1, True])
def test_params_of_another_type_are_refused(door: Door, params: object) -> None:
    error = door.request(message("eth_chainId", params=params))["error"]
    assert error == {"code": -32602, "message": "non-array args"}


@pytest.mark.parametrize(
    "name",
    [
        "eth_noSuchMethod",
        "eth_sendTransaction",
        "eth_sign",
        "personal_unlockAccount",
        "admin_peers",
    ],
)
def test_an_unknown_method_is_refused_in_the_words_that_ethers_looks_for(
    door: Door, name: str
) -> None:
    words = f"the method {name} does not exist/is not available"
    assert door.refusal(name) == {"code": -32601, "message": words}


def test_a_notification_runs_and_is_answered_with_silence(
    door: Door, cluster: MemoryCluster
) -> None:
    raw = "0x" + sign(nonce=6).hex()
    body = {"jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": [raw]}
    assert door.answer(orjson.dumps(body)) == b""
    assert len(cluster.waiting) == 1
    assert door.answer(b'{"jsonrpc":"2.0","method":"eth_noSuchMethod"}') == b""


def test_an_invalid_request_is_answered_with_the_id_it_has(door: Door) -> None:
    error = {"code": -32600, "message": "invalid request"}
    assert door.request({"id": 9}) == {"jsonrpc": "2.0", "id": 9, "error": error}
    assert door.request("hello") == {"jsonrpc": "2.0", "id": None, "error": error}


def test_a_body_that_is_not_json_is_a_parse_error_without_id(door: Door) -> None:
    answer = orjson.loads(door.answer(b"{not json"))
    assert (answer["id"], answer["error"]["code"]) == (None, -32700)


# --- batches


def test_a_batch_is_answered_in_its_order_with_every_id(door: Door) -> None:
    ids = [1, "x", None, 2.5, 1]
    answers = door.request([message("eth_chainId", id=each) for each in ids])
    assert [answer["id"] for answer in answers] == ids


def test_a_bad_member_of_a_batch_does_not_disturb_the_others(door: Door) -> None:
    batch = [message("eth_chainId"), message("nope"), 7, message("eth_getBalance"), {"id": 5}]
    answers = door.request(batch)
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [None, -32601, -32600, -32602, -32600]


def test_an_empty_batch_is_an_invalid_request(door: Door) -> None:
    answer = door.request([])
    assert answer["error"] == {"code": -32600, "message": "empty batch"}


def test_a_batch_within_a_batch_is_an_invalid_request(door: Door) -> None:
    (answer,) = door.request([[message("eth_chainId")]])
    assert answer["error"]["code"] == -32600


def test_a_batch_above_the_limit_is_refused_as_one(door: Door) -> None:
    whole = [message("eth_chainId")] * RPC_BATCH_MAX
    assert len(door.request(whole)) == RPC_BATCH_MAX
    answer = door.request([*whole, message("eth_chainId")])
    assert answer["error"] == {"code": -32600, "message": "batch too large"}


def test_a_batch_of_notifications_is_answered_with_silence(door: Door) -> None:
    notification = {"jsonrpc": "2.0", "method": "eth_chainId"}
    assert door.request([notification, notification]) is None
    assert len(door.request([notification, message("eth_chainId")])) == 1


def test_neighbouring_transactions_of_a_batch_reach_the_pool_together_and_in_order(
    door: Door, cluster: MemoryCluster
) -> None:
    raws = [sign(nonce=nonce) for nonce in range(6, 10)]
    sends = [
        message("eth_sendRawTransaction", "0x" + raw.hex(), id=i) for i, raw in enumerate(raws)
    ]
    answers = door.request([*sends[:3], message("eth_chainId", id=9), sends[3]])
    assert cluster.submitted == [raws[:3], raws[3:]]
    assert [answer["id"] for answer in answers] == [0, 1, 2, 9, 3]
    assert [answer["result"][:2] for answer in answers] == ["0x"] * 5


def test_a_refused_transaction_does_not_disturb_its_neighbours(door: Door) -> None:
    good, bad = "0x" + sign(nonce=6).hex(), "0x1234"
    sends = [message("eth_sendRawTransaction", raw) for raw in (good, bad, good)]
    first, second, third = door.request(sends)
    assert "result" in first
    assert second["error"]["code"] == -32000
    assert third["error"] == {"code": -32000, "message": "already known"}


def test_answers_beyond_the_limit_are_refused_unasked(door: Door, cluster: MemoryCluster) -> None:
    cluster.outcome = bytes(RPC_BATCH_ANSWER_BYTES_MAX // 16)
    answers = door.request([message("eth_call", CALL, id=i) for i in range(40)])
    refused = [each["id"] for each in answers if "error" in each]
    assert refused == list(range(16, 40))
    assert len(cluster.calls) == 16
    assert answers[-1]["error"] == {"code": -32003, "message": "response too large"}


def test_a_spent_budget_refuses_what_is_left(door: Door) -> None:
    door.budget = 3
    answers = door.request([message("eth_chainId", id=i) for i in range(5)])
    refused = {"code": -32005, "message": "too many requests"}
    assert [answer.get("error") for answer in answers] == [None] * 3 + [refused] * 2


# --- errors


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (Rejected("nonce too low: next nonce 5, tx nonce 4"), -32000, "nonce too low: next"),
        (InvalidInput("rlp: no bytes"), -32000, "rlp: no bytes"),
        (ExecutionFailed("out of gas"), -32000, "out of gas"),
        (ExecutionReverted(b""), 3, "execution reverted"),
        (PrunedHistory("gone"), 4444, "pruned history unavailable"),
        (Unavailable("shard 3 is away"), -32002, "shard 3 is away"),
    ],
)
def test_expected_errors_are_told(
    door: Door, cluster: MemoryCluster, raised: Exception, code: int, words: str
) -> None:
    cluster.outcome = raised
    error = door.refusal("eth_call", CALL)
    assert error["code"] == code
    assert error["message"].startswith(words)
    assert not door.faults


def test_a_revert_carries_its_data(door: Door, cluster: MemoryCluster) -> None:
    cluster.outcome = ExecutionReverted(b"\x12\x34")
    expected = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    assert door.refusal("eth_call", CALL) == expected
    assert door.refusal("eth_estimateGas", CALL) == expected


@pytest.mark.parametrize(
    "fault", [ValueError("/etc/secret"), Corrupt("bad block"), InvariantBroken("x"), KeyError(1)]
)
def test_our_own_faults_are_reported_to_the_operator_and_not_to_the_client(
    door: Door, cluster: MemoryCluster, fault: Exception
) -> None:
    cluster.outcome = fault
    assert door.refusal("eth_call", CALL) == {"code": -32603, "message": "internal error"}
    assert door.faults == [("eth_call", fault)]


def test_a_result_that_cannot_be_written_is_our_fault(door: Door, cluster: MemoryCluster) -> None:
    cluster.client_version = object()  # type: ignore[assignment]
    assert door.refusal("web3_clientVersion")["code"] == -32603
    assert [name for name, _ in door.faults] == ["web3_clientVersion"]
