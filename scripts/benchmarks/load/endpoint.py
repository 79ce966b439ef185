"""A JSON-RPC endpoint over HTTP with keep-alive: single calls and batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp
import orjson

from quarkparsec.errors import Unavailable

METHOD_NOT_FOUND: Final = -32601
CALLS_PER_BATCH: Final = 100
"""What every node takes in one batch."""

_HEADERS: Final = {"Content-Type": "application/json"}

Call = tuple[str, Sequence[Any]]
"""Method and parameters."""


class RpcError(Exception):
    """The node's refusal, in its words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code: Final = code
        self.message: Final = message


class Endpoint:
    """One URL. What goes wrong on the way to it is Unavailable, what it refuses an RpcError."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url: Final = url
        self._session: Final = session
        self._ids: Final = itertools.count(1)

    def at(self, path: str) -> Endpoint:
        """The same node at another path."""
        return Endpoint(self._session, urljoin(self.url, path))

    async def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises RpcError, Unavailable."""
        answer = await self._post(self._request(method, params))
        if not isinstance(answer, dict):
            raise Unavailable(f"{self.url} answered {method} with something else than an object")
        return _result(answer)

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of one batch, in the order of `calls`; a refusal is an RpcError in its place."""
        requests = [self._request(method, params) for method, params in calls]
        answers = await self._post(requests)
        if isinstance(answers, dict):
            _result(answers)
        if not isinstance(answers, list):
            raise Unavailable(f"{self.url} answered a batch with something else than a list")
        by_id = {answer.get("id"): answer for answer in answers}
        return [_outcome(by_id.get(request["id"])) for request in requests]

    async def all(self, calls: Iterable[Call]) -> list[Any]:
        """The results of any number of calls, batch by batch. Raises RpcError for the first refusal."""
        results: list[Any] = []
        for chunk in _chunks(calls):
            for outcome in await self.batch(chunk):
                if isinstance(outcome, RpcError):
                    raise outcome
                results.append(outcome)
        return results

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    async def _post(self, body: Any) -> Any:
        try:
            async with self._session.post(
                self.url, data=orjson.dumps(body), headers=_HEADERS
            ) as response:
                return orjson.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"{self.url}: {error or type(error).__name__}") from error
        except orjson.JSONDecodeError as error:
            raise Unavailable(f"{self.url} doesn't answer in JSON") from error


def _outcome(answer: dict[str, Any] | None) -> Any:
    if answer is None:
        return RpcError(0, "a member of the batch has no answer")
    try:
        return _result(answer)
    except RpcError as error:
        return error


def _result(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is not None:
        raise RpcError(int(error.get("code", 0)), str(error.get("message", error)))
    return answer.get("result")


def _chunks(calls: Iterable[Call]) -> Iterable[list[Call]]:
    remaining = iter(calls)
    while chunk := list(itertools.islice(remaining, CALLS_PER_BATCH)):
        yield chunk
