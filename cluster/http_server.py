"""JSON-RPC over HTTP: what may come in, and how an answer goes out.

Which requests are read at all is decided by quarkparsec.jsonrpc.policy; here are the socket, the limit on
bodies, the deadline of an answer and the budget of each client.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from cluster.driver import now_ms
from quarkparsec.cache import Cache
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.jsonrpc.allowance import Allowance
from quarkparsec.jsonrpc.method import Client
from quarkparsec.jsonrpc.path import parse_path
from quarkparsec.jsonrpc.policy import Door, Head, cors_headers, preflight_headers, refuse
from quarkparsec.limits import (
    CLIENTS_MAX,
    HTTP_ANSWER_TIMEOUT_MS,
    HTTP_BODY_TIMEOUT_MS,
    HTTP_CONNECTIONS_MAX,
    HTTP_KEEPALIVE_MS,
    HTTP_LINGER_MS,
    RPC_BODY_BYTES_MAX,
)
from quarkparsec.types import ShardKey

log = logging.getLogger("http")

Answer = Callable[[bytes, Client], Awaitable[bytes]]
"""From a body and who sent it to the answer's bytes."""

AtKey = Callable[[ShardKey], Answer]
"""How bodies are answered at the URL of a shard key."""

Guard = Callable[[web.BaseRequest], str | None]
"""Why a request is refused besides the policy, or None."""


class HttpServer:
    """One port."""

    def __init__(
        self,
        answer: Answer,
        door: Door,
        guard: Guard | None = None,
        at_key: AtKey | None = None,
    ) -> None:
        self._answer: Final = answer
        self._at_key: Final = at_key
        self._door: Final = door
        self._guard: Final = guard
        self._allowances: Final[Cache[str, Allowance]] = Cache(CLIENTS_MAX)
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises Unavailable if the port can't be had."""
        log.addFilter(_is_fault_of_ours)
        server = _Connections(
            self._handle,
            access_log=None,
            logger=log,
            auto_decompress=False,
            keepalive_timeout=HTTP_KEEPALIVE_MS / 1000,
            lingering_time=HTTP_LINGER_MS / 1000,
        )
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            raise Unavailable(f"can't listen on {host}:{port}: {error.strerror}") from error

    async def stop(self) -> None:
        """Close the port and what is connected."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        refusal = refuse(_head(request), self._door)
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.words)
        if request.method == "OPTIONS":
            return web.Response(headers=preflight_headers(origin, self._door))
        if self._guard is not None and (words := self._guard(request)) is not None:
            return web.Response(status=401, text=words)
        try:
            answer_at = self._find(request.path)
        except InvalidInput as error:
            return web.Response(status=404, text=str(error))
        try:
            async with asyncio.timeout(HTTP_BODY_TIMEOUT_MS / 1000):
                body = await _read(request)
            async with asyncio.timeout(HTTP_ANSWER_TIMEOUT_MS / 1000):
                answer = await answer_at(body, self._client(request))
        except TimeoutError:
            return web.Response(status=503, text="request timed out")
        except (web.HTTPBadRequest, web.HTTPRequestEntityTooLarge) as error:
            return web.Response(status=error.status, text=error.text)
        headers = cors_headers(origin, self._door)
        return web.Response(body=answer, content_type="application/json", headers=headers)

    def _find(self, path: str) -> Answer:
        """Who answers at a path. Raises InvalidInput if nobody does."""
        key = parse_path(path)
        if key is None:
            return self._answer
        if self._at_key is None:
            raise InvalidInput("not found: this port has no other path than /")
        return self._at_key(key)

    def _client(self, request: web.BaseRequest) -> Client:
        network_address = request.remote or ""
        allowance = self._allowances.get(network_address)
        if allowance is None:
            allowance = Allowance(now_ms())
            self._allowances.put(network_address, allowance)
        return Client(network_address, lambda cost: allowance.spend(cost, now_ms()))


class _Connections(web.Server):
    """The connections of one port, bounded: each has a file descriptor, and the databases need some."""

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > HTTP_CONNECTIONS_MAX:
            asyncio.get_running_loop().call_soon(handler.force_close)  # not before it is set up


async def _read(request: web.BaseRequest) -> bytes:
    """The body, but never more of it than is allowed."""
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > RPC_BODY_BYTES_MAX:
                raise web.HTTPRequestEntityTooLarge(RPC_BODY_BYTES_MAX, len(body))
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest(text="malformed body") from error
    return bytes(body)


def _is_fault_of_ours(record: logging.LogRecord) -> bool:
    """Whether a line belongs into the log; what clients get wrong doesn't: they could fill the disk."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _head(request: web.BaseRequest) -> Head:
    headers = request.headers
    return Head(
        request.method,
        headers.get("Host"),
        headers.get("Content-Type"),
        headers.get("Content-Encoding"),
        request.content_length,
    )
