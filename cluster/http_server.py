"""JSON-RPC over HTTP: what may come in, and how an answer goes out.

Which requests are read at all is decided by quarkparsec.jsonrpc.policy; here are the socket, the limit on
bodies, the deadline of an answer and the budget of each client.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from cluster.bounded import LeastRecentlyUsed
from quarkparsec.jsonrpc.method import Cost
from quarkparsec.jsonrpc.policy import Door, Head, cors_headers, preflight_headers, refuse
from quarkparsec.jsonrpc.service import Spend
from quarkparsec.limits import (
    CLIENT_BUDGET_MAX,
    CLIENT_BUDGET_PER_SECOND,
    CLIENTS_MAX,
    HTTP_ANSWER_TIMEOUT_MS,
    HTTP_BODY_TIMEOUT_MS,
    HTTP_KEEPALIVE_MS,
    RPC_BODY_BYTES_MAX,
)

log = logging.getLogger("http")

Answer = Callable[[bytes, Spend], Awaitable[bytes]]
"""From a body and the client's purse to the answer's bytes."""

Guard = Callable[[web.BaseRequest], str | None]
"""Why a request is refused besides the policy, or None."""


class Budget:
    """What one client may spend: refilled steadily, up to a maximum."""

    def __init__(self) -> None:
        self._left: float = CLIENT_BUDGET_MAX
        self._at = time.monotonic()

    def spend(self, cost: Cost) -> bool:
        """Take a cost out; False if there isn't that much."""
        now = time.monotonic()
        refilled = self._left + (now - self._at) * CLIENT_BUDGET_PER_SECOND
        self._left, self._at = min(refilled, CLIENT_BUDGET_MAX), now
        if self._left < cost:
            return False
        self._left -= cost
        return True


class HttpServer:
    """One port."""

    def __init__(self, answer: Answer, door: Door, guard: Guard | None = None) -> None:
        self._answer: Final = answer
        self._door: Final = door
        self._guard: Final = guard
        self._budgets: Final[LeastRecentlyUsed[str, Budget]] = LeastRecentlyUsed(CLIENTS_MAX)
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if the port is taken."""
        server = web.Server(self._handle, keepalive_timeout=HTTP_KEEPALIVE_MS / 1000)
        self._runner = web.ServerRunner(server, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

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
            async with asyncio.timeout(HTTP_BODY_TIMEOUT_MS / 1000):
                body = await _read(request)
            async with asyncio.timeout(HTTP_ANSWER_TIMEOUT_MS / 1000):
                answer = await self._answer(body, self._budget(request).spend)
        except TimeoutError:
            return web.Response(status=503, text="request timed out")
        except web.HTTPRequestEntityTooLarge as error:
            return web.Response(status=413, text=error.reason)
        headers = cors_headers(origin, self._door)
        return web.Response(body=answer, content_type="application/json", headers=headers)

    def _budget(self, request: web.BaseRequest) -> Budget:
        client = request.remote or ""
        budget = self._budgets.get(client)
        if budget is None:
            budget = Budget()
            self._budgets.put(client, budget)
        return budget


async def _read(request: web.BaseRequest) -> bytes:
    """The body, but never more of it than is allowed."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > RPC_BODY_BYTES_MAX:
            raise web.HTTPRequestEntityTooLarge(RPC_BODY_BYTES_MAX, len(body))
    return bytes(body)


def _head(request: web.BaseRequest) -> Head:
    headers = request.headers
    return Head(
        request.method,
        headers.get("Host"),
        headers.get("Content-Type"),
        headers.get("Content-Encoding"),
        request.content_length,
    )
