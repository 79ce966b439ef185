"""One port over a real socket: bodies, deadlines, budgets, the guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from cluster import http_server
from cluster.http_server import Guard, HttpServer
from quarkparsec.jsonrpc.method import Client, Cost
from quarkparsec.jsonrpc.policy import Door
from quarkparsec.limits import RPC_BODY_BYTES_MAX, RPC_BUDGET_MAX
from quarkparsec.types import ShardKey
from tests.cluster.free_port import free_port

JSON = {"Content-Type": "application/json"}
PAGE = "https://wallet.example"

Answer = Callable[[bytes, Client], Awaitable[bytes]]


async def echo(body: bytes, client: Client) -> bytes:
    return body


@asynccontextmanager
async def serving(
    answer: Answer = echo,
    door: Door | None = None,
    guard: Guard | None = None,
    at_key: Callable[[ShardKey], Answer] | None = None,
) -> AsyncIterator[str]:
    """The URL of a port behind which `answer` is."""
    server, port = HttpServer(answer, door or Door(), guard, at_key), free_port()
    await server.start("127.0.0.1", port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop()


async def post(url: str, body: Any, **headers: str) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=body, headers={**JSON, **headers}) as response,
    ):
        return response.status, await response.read()


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def test_a_body_comes_in_whole_and_its_answer_goes_out() -> None:
    async def scene() -> None:
        async with serving() as url:
            body = b"x" * RPC_BODY_BYTES_MAX
            assert await post(url, body) == (200, body)

    run(scene)


def test_a_body_without_a_length_is_read_up_to_the_limit() -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 2**16

    async def scene() -> None:
        async with serving() as url:
            fits = RPC_BODY_BYTES_MAX // 2**16
            assert (await post(url, pieces(fits)))[0] == 200
            assert (await post(url, pieces(fits + 1)))[0] == 413

    run(scene)


def test_a_path_leads_to_the_cluster_to_a_key_or_nowhere() -> None:
    def at_key(key: ShardKey) -> Answer:
        async def name(body: bytes, client: Client) -> bytes:
            return b"key %d" % key

        return name

    async def scene() -> None:
        async with serving(at_key=at_key) as url:
            assert await post(url, b"body") == (200, b"body")
            assert await post(url + "/key/000000ff?x=/", b"body") == (200, b"key 255")
            for path in ("/key/zz", "/key/123456789", "/key/", "/explorer"):
                status, words = await post(url + path, b"body")
                assert (status, words[:10]) == (404, b"not found:")
        async with serving() as url:
            status, words = await post(url + "/key/000000ff", b"body")
            assert (status, words[:10]) == (404, b"not found:")

    run(scene)


def test_a_client_is_known_by_its_network_address() -> None:
    async def whom(body: bytes, client: Client) -> bytes:
        return client.network_address.encode()

    async def scene() -> None:
        async with serving(whom) as url:
            assert await post(url, b"") == (200, b"127.0.0.1")

    run(scene)


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HTTP_ANSWER_TIMEOUT_MS", 30)

    async def never(body: bytes, client: Client) -> bytes:
        await asyncio.Event().wait()
        return body

    async def scene() -> None:
        async with serving(never) as url:
            assert await post(url, b"{}") == (503, b"request timed out")

    run(scene)


def test_a_body_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HTTP_BODY_TIMEOUT_MS", 30)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.2)
        yield b"}"

    async def scene() -> None:
        async with serving() as url:
            assert (await post(url, dripping()))[0] == 503

    run(scene)


def test_a_client_has_one_budget_over_all_its_connections() -> None:
    async def spending(body: bytes, client: Client) -> bytes:
        affordable = 0
        while client.spend(Cost.EXECUTION):
            affordable += 1
        return b"%d" % affordable

    async def scene() -> None:
        async with serving(spending) as url:
            first, second = [int((await post(url, b"{}"))[1]) for _ in range(2)]
            assert first >= RPC_BUDGET_MAX // Cost.EXECUTION
            assert second < first // 2

    run(scene)


def test_only_a_listed_page_may_read_an_answer() -> None:
    async def scene() -> None:
        door = Door(origins=frozenset({PAGE}))
        async with serving(door=door) as url, aiohttp.ClientSession() as client:
            for origin, granted in ((PAGE, PAGE), ("https://evil.example", None)):
                for ask in (client.post, client.options):
                    async with ask(url, data=b"{}", headers={**JSON, "Origin": origin}) as reply:
                        assert reply.status == 200
                        assert reply.headers.get("Access-Control-Allow-Origin") == granted

    run(scene)


def test_who_the_guard_refuses_is_not_heard() -> None:
    heard: list[bytes] = []

    async def listen(body: bytes, client: Client) -> bytes:
        heard.append(body)
        return body

    def guard(request: web.BaseRequest) -> str | None:
        return None if request.headers.get("Authorization") == "yes" else "no token"

    async def scene() -> None:
        async with serving(listen, guard=guard) as url:
            assert await post(url, b"1") == (401, b"no token")
            assert await post(url, b"2", Authorization="yes") == (200, b"2")

    run(scene)
    assert heard == [b"2"]


def test_one_connection_too_many_is_turned_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_server, "HTTP_CONNECTIONS_MAX", 3)

    async def scene() -> None:
        async with serving() as url:
            port = int(url.rpartition(":")[2])
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            for _ in range(20):
                with pytest.raises(aiohttp.ClientConnectionError):
                    await post(url, b"{}")
            for _, writer in held:
                writer.close()
                await writer.wait_closed()
            await asyncio.sleep(0.05)
            assert await post(url, b"{}") == (200, b"{}")

    run(scene)
    assert caplog.records == []


def test_what_clients_get_wrong_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with serving() as url:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", int(url.rpartition(":")[2])
            )
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
            assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()

    run(scene)
    assert caplog.records == []


def test_a_stopped_server_lets_go_of_its_port() -> None:
    async def scene() -> None:
        async with serving() as url:
            pass
        server = HttpServer(echo, Door())
        await server.start("127.0.0.1", int(url.rpartition(":")[2]))
        await server.stop()

    run(scene)
