"""JSON-RPC 2.0 on bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.jsonrpc.protocol import (
    InvalidRequest,
    Request,
    encode_error,
    encode_result,
    nests_deeper,
    parse_body,
    read_request,
)
from quarkparsec.jsonrpc.rpc_error import RpcError
from quarkparsec.limits import RPC_DEPTH_MAX

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["[", "]]", '"{', "\\"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=40,
)


def depth(value: Any) -> int:
    """Levels of lists and objects, the slow way."""
    members = value.values() if isinstance(value, dict) else value
    is_nested = isinstance(value, (list, dict))
    return 1 + max(map(depth, members), default=0) if is_nested else 0


@given(JSON, st.integers(0, 6))
def test_the_depth_of_json_is_read_off_its_bytes(value: object, levels: int) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert nests_deeper(text.encode("utf-8", "replace"), levels) == (depth(value) > levels)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_refused_before_it_is_parsed(opening: bytes) -> None:
    with pytest.raises(RpcError, match="nested too deep"):
        parse_body(opening * 100_000)


def test_nesting_up_to_the_limit_is_fine() -> None:
    body = b"[" * RPC_DEPTH_MAX + b"]" * RPC_DEPTH_MAX
    parse_body(body)
    with pytest.raises(RpcError):
        parse_body(b"[" + body + b"]")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[",
        b"NaN",
        b"Infinity",
        b"1e400",
        b"-",
        b"01",
        b"{'id':1}",
        b'{"id":1,}',
        b'{"a":1}{"b":2}',
        b'\xef\xbb\xbf{"id":1}',
        b'"\xff"',
        b'"\\ud800"',
        '{"id":1}'.encode("utf-16"),
        b'{"id":1}\x00',
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_not_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(RpcError) as caught:
        parse_body(body)
    assert caught.value.code == -32700


@pytest.mark.parametrize("request_id", [0, 1, -1, 2**63, 1.5, "", "a", "0x1", None])
def test_an_id_comes_back_as_it_was(request_id: object) -> None:
    request = read_request({"jsonrpc": "2.0", "id": request_id, "method": "m"})
    assert isinstance(request, Request)
    assert request.id == request_id
    assert not request.is_notification
    assert json.loads(encode_result(request.id, 1))["id"] == request_id


@pytest.mark.parametrize("request_id", [True, False, [], {}, [1], {"a": 1}])
def test_an_id_of_another_type_makes_no_request(request_id: object) -> None:
    message = {"jsonrpc": "2.0", "id": request_id, "method": "m"}
    assert read_request(message) == InvalidRequest(None)


def test_without_an_id_member_a_request_is_a_notification() -> None:
    request = read_request({"jsonrpc": "2.0", "method": "m"})
    assert isinstance(request, Request)
    assert request.is_notification


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "method": ""},
        {"jsonrpc": "2.0", "method": 1},
        {"jsonrpc": "2.0", "method": None},
        {"jsonrpc": "1.0", "method": "m"},
        {"jsonrpc": 2.0, "method": "m"},
        {"method": "m"},
    ],
)
def test_a_request_has_a_version_and_a_method(message: dict[str, object]) -> None:
    assert read_request(message | {"id": 7}) == InvalidRequest(7)


@pytest.mark.parametrize("message", [None, True, 1, 1.5, "m", [], ["m"]])
def test_a_request_is_an_object(message: object) -> None:
    assert read_request(message) == InvalidRequest(None)


def test_an_error_has_data_only_if_there_are_some() -> None:
    plain = json.loads(encode_error(1, RpcError(-32000, "no")))
    assert plain == {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no"}}
    with_data = json.loads(encode_error(None, RpcError(3, "no", "0x")))
    assert with_data["error"] == {"code": 3, "message": "no", "data": "0x"}
