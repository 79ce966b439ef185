"""From the bytes of a request body to the bytes of its answer.

This is the edge where every exception ends: expected ones become errors with geth's words, anything else
becomes "internal error" and is reported to the operator, never to the client.

A batch is answered in order, `RPC_BATCH_PARALLEL_MAX` members at a time. Consecutive members of a method
that can run many at once (eth_sendRawTransaction) count as one, so that a sender's transactions reach the
pool in the order of the batch, and in one message. Once the answers exceed `RPC_BATCH_ANSWER_BYTES_MAX`,
the members that are left are refused unasked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, NamedTuple, Union

from quarkparsec.errors import QuarkparsecError
from quarkparsec.jsonrpc.arguments.argument import read_arguments
from quarkparsec.jsonrpc.method import Client, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.protocol import (
    Id,
    InvalidRequest,
    encode_batch,
    encode_error,
    encode_result,
    invalid_request,
    parse_body,
    read_request,
)
from quarkparsec.jsonrpc.rpc_error import (
    INTERNAL_ERROR,
    LIMIT_EXCEEDED,
    RESPONSE_TOO_LARGE,
    RpcError,
    as_rpc_error,
    method_not_found,
)
from quarkparsec.limits import RPC_BATCH_ANSWER_BYTES_MAX, RPC_BATCH_MAX, RPC_BATCH_PARALLEL_MAX

Together = Callable[[Sequence[Coroutine[Any, Any, list[bytes]]]], Awaitable[Sequence[list[bytes]]]]
"""Runs coroutines at once and returns their results in order, as asyncio.gather does."""

ReportFault = Callable[[str, Exception], None]
"""Told about every fault of ours: the method's name and what was raised."""

_SILENCE: Final = b""
"""What a notification is answered."""


class _Call(NamedTuple):
    id: Id
    is_notification: bool
    method: Method
    arguments: list[Any]


class _Refusal(NamedTuple):
    id: Id
    is_notification: bool
    error: RpcError


_Unit = Union[list[_Call], _Refusal]
"""What is run at a time: calls of one method (mostly one call), or nothing to run."""


class Service:
    """A table of methods over one node."""

    def __init__(
        self,
        node: Node,
        methods: Mapping[str, Method],
        *,
        together: Together,
        report_fault: ReportFault,
    ) -> None:
        self._node = node
        self._methods = methods
        self._together = together
        self._report_fault = report_fault

    async def answer(self, body: bytes, client: Client) -> bytes:
        """The answer to a body; b"" if it holds only notifications. Raises nothing."""
        try:
            message = parse_body(body)
        except RpcError as error:
            return encode_error(None, error)
        if type(message) is list:
            return await self._answer_batch(message, client)
        prepared = self._prepare(message, client)
        unit = prepared if isinstance(prepared, _Refusal) else [prepared]
        return (await self._answer_unit(unit))[0]

    async def _answer_batch(self, messages: list[object], client: Client) -> bytes:
        if not messages:
            return encode_error(None, invalid_request("empty batch"))
        if len(messages) > RPC_BATCH_MAX:
            return encode_error(None, invalid_request("batch too large"))
        units = _units([self._prepare(message, client) for message in messages])
        answers: list[bytes] = []
        for start in range(0, len(units), RPC_BATCH_PARALLEL_MAX):
            wave = units[start : start + RPC_BATCH_PARALLEL_MAX]
            if sum(map(len, answers)) > RPC_BATCH_ANSWER_BYTES_MAX:
                wave = [_too_large(call) for unit in wave for call in _members(unit)]
            for some in await self._together([self._answer_unit(unit) for unit in wave]):
                answers += some
        heard = [answer for answer in answers if answer]
        return encode_batch(heard) if heard else _SILENCE

    def _prepare(self, message: object, client: Client) -> _Call | _Refusal:
        request = read_request(message)
        if isinstance(request, InvalidRequest):
            return _Refusal(request.id, False, invalid_request())
        method = self._methods.get(request.method)
        try:
            if method is None:
                raise method_not_found(request.method)
            if not client.spend(method.cost):
                raise RpcError(LIMIT_EXCEEDED, "too many requests")
            arguments = read_arguments(method.arguments, request.params)
        except RpcError as error:
            return _Refusal(request.id, request.is_notification, error)
        if method.sees_client:
            arguments.insert(0, client)
        return _Call(request.id, request.is_notification, method, arguments)

    async def _answer_unit(self, unit: _Unit) -> list[bytes]:
        if isinstance(unit, _Refusal):
            return [_encode(unit, unit.error)]
        try:
            outcomes = [self._expected(unit, outcome) for outcome in await self._run(unit)]
            return [_encode(call, outcome) for call, outcome in zip(unit, outcomes, strict=True)]
        except Exception as error:  # noqa: BLE001 this is the edge
            return [_encode(call, self._expected(unit, error)) for call in unit]

    async def _run(self, calls: list[_Call]) -> Sequence[object]:
        method, arguments = calls[0].method, calls[0].arguments
        if method.run_many is None or len(calls) == 1:
            return [await method.run(self._node, *arguments)]
        return await method.run_many(self._node, [call.arguments for call in calls])

    def _expected(self, calls: list[_Call], outcome: object) -> object:
        """A result as it is; an exception as what the client is told of it."""
        if not isinstance(outcome, Exception):
            return outcome
        told = as_rpc_error(outcome) if isinstance(outcome, QuarkparsecError) else None
        if told is None:
            self._report_fault(calls[0].method.name, outcome)
            return RpcError(INTERNAL_ERROR, "internal error")
        return told


def _units(prepared: list[_Call | _Refusal]) -> list[_Unit]:
    """Each request by itself, but neighbours of a method that runs many at once in one unit."""
    units: list[_Unit] = []
    for request in prepared:
        last = units[-1] if units else None
        if isinstance(request, _Refusal):
            units.append(request)
        elif isinstance(last, list) and request.method.run_many and _same(last[0], request):
            last.append(request)
        else:
            units.append([request])
    return units


def _same(one: _Call, other: _Call) -> bool:
    return one.method is other.method


def _members(unit: _Unit) -> Sequence[_Call | _Refusal]:
    return [unit] if isinstance(unit, _Refusal) else unit


def _too_large(request: _Call | _Refusal) -> _Refusal:
    error = RpcError(RESPONSE_TOO_LARGE, "response too large")
    return _Refusal(request.id, request.is_notification, error)


def _encode(request: _Call | _Refusal, outcome: object) -> bytes:
    if request.is_notification:
        return _SILENCE
    if isinstance(outcome, RpcError):
        return encode_error(request.id, outcome)
    return encode_result(request.id, outcome)
