"""JSON-RPC 2.0 on bytes: what a body asks, and how answers are written.

A body is one request or a batch of them, in UTF-8 JSON without NaN or numbers beyond a double, nested at
most `RPC_DEPTH_MAX` levels: that is checked on the bytes, before anything is built from them. Of members
with the same name the last one counts, as in geth.

A request has `jsonrpc: "2.0"`, a `method`, and perhaps `params` (a list, or null for none) and an `id` (a
number, a string or null), which comes back as it was. Without an `id` member it's a notification: it
runs, and nobody is told. Everything else is an invalid request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Union

import orjson

from quarkparsec.jsonrpc.rpc_error import INVALID_REQUEST, PARSE_ERROR, RpcError
from quarkparsec.limits import RPC_DEPTH_MAX

Id = Union[int, float, str, None]

_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_AS_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")


class Request(NamedTuple):
    """One well-formed request."""

    id: Id
    is_notification: bool
    method: str
    params: Any
    """Whatever came: the methods' arguments judge it."""


class InvalidRequest(NamedTuple):
    """Something that is no request, with its id if it has one."""

    id: Id


def parse_body(body: bytes) -> object:
    """The JSON value that `body` spells. Raises RpcError."""
    if nests_deeper(body, RPC_DEPTH_MAX):
        raise RpcError(PARSE_ERROR, "parse error: nested too deep")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RpcError(PARSE_ERROR, "parse error") from None


def nests_deeper(body: bytes, levels: int) -> bool:
    """Whether lists and objects in `body` nest deeper than `levels`; either answer for what isn't JSON."""
    if body.count(b"[") + body.count(b"{") <= levels:
        return False
    plain = _ESCAPE.sub(b"", body) if b"\\" in body else body
    brackets = b"".join(plain.split(b'"')[::2]).translate(_AS_BRACKETS, _NOT_BRACKETS)
    for _ in range(levels):
        # Each round takes the innermost pairs away, and so one level.
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def read_request(message: object) -> Request | InvalidRequest:
    """Judge one parsed message."""
    if type(message) is not dict:
        return InvalidRequest(None)
    request_id = message.get("id")
    if not (request_id is None or type(request_id) in (int, str, float)):
        return InvalidRequest(None)
    method = message.get("method")
    if message.get("jsonrpc") != "2.0" or type(method) is not str or not method:
        return InvalidRequest(request_id)
    return Request(request_id, "id" not in message, method, message.get("params"))


def encode_result(request_id: Id, result: object) -> bytes:
    """An answer that tells a result."""
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "result": result})


def encode_error(request_id: Id, error: RpcError) -> bytes:
    """An answer that tells an error."""
    described: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data is not None:
        described["data"] = error.data
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "error": described})


def encode_batch(answers: Iterable[bytes]) -> bytes:
    """The answers of a batch as one."""
    return b"[" + b",".join(answers) + b"]"


def invalid_request(words: str = "invalid request") -> RpcError:
    """The message is no request."""
    return RpcError(INVALID_REQUEST, words)
