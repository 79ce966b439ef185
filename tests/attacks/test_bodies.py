"""Bodies that aren't requests get the error that says so, quickly, and nothing else happens."""

from __future__ import annotations

import random
import socket
import time

import orjson
import pytest

from quarkparsec.jsonrpc.rpc_error import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
)
from quarkparsec.limits import RPC_BODY_BYTES_MAX
from tests.attacks.bodies import (
    BAD_ARGUMENTS,
    NOT_A_REQUEST,
    NOT_JSON,
    VALID,
    mutants,
    request,
)
from tests.attacks.http_client import TIMEOUT_S, read_all
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

MEGABYTE = 2**20
RESIDENT_GROWTH_MAX = 8 * MEGABYTE


def code_of(answer: bytes) -> int:
    code: int = orjson.loads(answer)["error"]["code"]
    return code


def test_what_is_not_json_is_a_parse_error(target: Target) -> None:
    codes = {name: code_of(target.post(body).body) for name, body in NOT_JSON.items()}
    assert codes == dict.fromkeys(NOT_JSON, PARSE_ERROR)


def test_what_is_not_a_request_is_an_invalid_request(target: Target) -> None:
    codes = {name: code_of(target.post(body).body) for name, body in NOT_A_REQUEST.items()}
    assert codes == dict.fromkeys(NOT_A_REQUEST, INVALID_REQUEST)


def test_malformed_arguments_are_invalid_params(target: Target) -> None:
    for method, params in BAD_ARGUMENTS:
        code, words = target.refusal(method, *params)
        assert code == INVALID_PARAMS, (method, params, words)
        assert len(words) < 300


def test_a_nested_batch_is_answered_member_by_member(target: Target) -> None:
    answers = target.post(b"[[" + VALID + b"]," + VALID + b"]").json()
    assert answers[0]["error"]["code"] == INVALID_REQUEST
    assert answers[1]["result"] == "0x5143"


def test_a_batch_of_expensive_calls_ends_in_the_budgets_error(target: Target) -> None:
    call = request("eth_call", [{"to": "0x" + "00" * 20}, "latest"])
    codes = set()
    for _ in range(40):
        answers = target.post(b"[" + b",".join([call] * 100) + b"]").json()
        codes |= {answer.get("error", {}).get("code") for answer in answers}
        if LIMIT_EXCEEDED in codes:
            break
    assert codes <= {None, LIMIT_EXCEEDED}
    time.sleep(0.5)  # the purse fills up again


def test_mutated_requests_never_meet_an_internal_error(target: Target) -> None:
    for body in mutants(random.Random(11), 500):
        reply = target.post(body)
        assert reply.status == 200
        if reply.body:
            answers = orjson.loads(reply.body)
            for answer in answers if isinstance(answers, list) else [answers]:
                assert answer.get("error", {}).get("code") != INTERNAL_ERROR, (body, answer)


@pytest.mark.parametrize(
    "name", ["eth_sign", "eth_sendTransaction", "personal_sign", "admin_status", "debug_setHead"]
)
def test_a_method_that_signs_or_administers_is_not_there(target: Target, name: str) -> None:
    assert target.refusal(name)[0] == METHOD_NOT_FOUND


def test_an_endless_method_name_is_not_repeated_to_its_sender(target: Target) -> None:
    code, words = target.refusal("x" * 500_000)
    assert (code, len(words) < 200) == (METHOD_NOT_FOUND, True)


def test_an_announced_giant_is_refused_unread(target: Target) -> None:
    reply = target.post(b"", **{"Content-Length": str(2**30)})
    assert reply.status == 413


def test_a_streamed_giant_is_refused_at_the_limit_and_cut(target: Target) -> None:
    before = target.resident_bytes()["master"]
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", target.port), TIMEOUT_S) as connection:
        connection.sendall(head)
        sent, deadline = 0, time.monotonic() + 10
        try:
            while time.monotonic() < deadline:
                connection.sendall(chunk)
                sent += len(chunk)
        except ConnectionError:
            pass
        else:
            pytest.fail("the server goes on reading")
        assert sent > RPC_BODY_BYTES_MAX
    assert target.resident_bytes()["master"] - before < RESIDENT_GROWTH_MAX


def test_the_sender_of_a_streamed_giant_reads_why(target: Target) -> None:
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    size = RPC_BODY_BYTES_MAX + 1
    body = b"%x\r\n" % size + b" " * size + b"\r\n"
    with socket.create_connection(("127.0.0.1", target.port), TIMEOUT_S) as connection:
        connection.sendall(head + body)
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")
