"""Two real endpoints over loopback: what is asked is answered, what fails fails at the one who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from cluster import bus
from cluster.bus import Connection, Credentials, connect, listen, stay_connected
from quarkparsec.errors import InvalidInput, QuarkparsecError, Rejected, Unavailable
from quarkparsec.types import Hash32
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Encoded, Nothing, ReadBlock
from quarkparsec.wire.root_queries import Follow
from quarkparsec.wire.session import HandshakeRefused, Peer, Role

LOOPBACK = "127.0.0.1"
SECRET = b"s" * 32
GENESIS = Hash32(b"g" * 32)
MASTER = Peer(Role.MASTER, "master")
SLAVE = Peer(Role.SLAVE, "slave-0")

Answer = Callable[[Message], Awaitable[Message]]


class Recorder:
    """A service that answers as it was told, and remembers what it heard."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.connections: Final[list[Connection]] = []
        self.heard: Final[list[Message]] = []
        self.gone: Final[list[Connection]] = []
        self.refusal: QuarkparsecError | None = None
        self._changed: Final = asyncio.Event()
        self._answer: Final = answer or echo

    async def opened(self, connection: Connection) -> None:
        self.connections.append(connection)
        self._changed.set()
        if self.refusal is not None:
            raise self.refusal

    async def answer(self, connection: Connection, message: Message) -> Message:
        return await self._answer(message)

    def notice(self, connection: Connection, message: Message) -> None:
        self.heard.append(message)
        self._changed.set()

    def closed(self, connection: Connection) -> None:
        self.gone.append(connection)
        self._changed.set()

    async def met(self, peers: int = 1) -> None:
        """Wait until so many peers have come."""
        await self._until(lambda: len(self.connections) == peers)

    async def noticed(self, messages: int) -> None:
        """Wait until so many notices have come."""
        await self._until(lambda: len(self.heard) == messages)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


async def echo(message: Message) -> Message:
    return message


async def never(message: Message) -> Message:
    await asyncio.Event().wait()
    return message


def credentials(me: Peer, secret: bytes = SECRET, genesis: Hash32 = GENESIS) -> Credentials:
    return Credentials(me, secret, genesis)


@asynccontextmanager
async def listening(service: Recorder, me: Peer = MASTER) -> AsyncIterator[int]:
    """A port of loopback behind which `service` is."""
    server = await listen(LOOPBACK, 0, credentials(me), service)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in service.connections:
            connection.close()


@asynccontextmanager
async def connected(service: Recorder) -> AsyncIterator[Connection]:
    """A connection to a `service`."""
    async with listening(service) as port:
        connection = await connect(LOOPBACK, port, credentials(SLAVE), Recorder())
        try:
            yield connection
        finally:
            connection.close()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_both_ends_know_who_the_other_is() -> None:
    async def scene() -> None:
        service = Recorder()
        async with connected(service) as connection:
            await service.met()
            assert (connection.peer, service.connections[0].peer) == (MASTER, SLAVE)

    run(scene())


def test_requests_are_answered_in_any_order_and_both_ways() -> None:
    async def slower_first(message: Message) -> Message:
        assert isinstance(message, ReadBlock)
        await asyncio.sleep(0.02 / message.epoch)
        return message

    async def scene() -> None:
        service = Recorder(slower_first)
        async with connected(service) as connection:
            asked = [ReadBlock(0, number) for number in range(1, 20)]
            assert await asyncio.gather(*map(connection.request, asked)) == asked
            assert await service.connections[0].request(Encoded(b"back")) == Encoded(b"back")

    run(scene())


def test_notices_arrive_in_order() -> None:
    async def scene() -> None:
        service = Recorder()
        async with connected(service) as connection:
            sent: list[Message] = [ReadBlock(0, number) for number in range(100)]
            for message in sent:
                connection.notify(message)
            await service.noticed(len(sent))
            assert service.heard == sent

    run(scene())


@pytest.mark.parametrize("kind", [InvalidInput, Rejected, Unavailable])
def test_an_error_is_raised_where_it_was_asked(kind: type[QuarkparsecError]) -> None:
    async def refuse(message: Message) -> Message:
        raise kind("the words")

    async def scene() -> None:
        async with connected(Recorder(refuse)) as connection:
            with pytest.raises(kind, match="the words"):
                await connection.request(Follow())
            assert not connection.lost.is_set()

    run(scene())


def test_a_fault_of_the_answering_end_is_unavailable_without_its_words() -> None:
    async def fail(message: Message) -> Message:
        raise KeyError("a detail for the log")

    async def scene() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        async with connected(Recorder(fail)) as connection:
            with pytest.raises(Unavailable, match="the log says why"):
                await connection.request(Follow())

    run(scene())


def test_a_request_without_an_answer_ends_at_its_deadline() -> None:
    async def scene() -> None:
        async with connected(Recorder(never)) as connection:
            with pytest.raises(Unavailable, match="master didn't answer within 20 ms"):
                await connection.request(Follow(), timeout_ms=20)

    run(scene())


def test_a_late_answer_is_dropped_and_the_connection_goes_on() -> None:
    async def late(message: Message) -> Message:
        await asyncio.sleep(0.05 if message == Follow() else 0)
        return message

    async def scene() -> None:
        async with connected(Recorder(late)) as connection:
            with pytest.raises(Unavailable):
                await connection.request(Follow(), timeout_ms=10)
            await asyncio.sleep(0.06)
            assert await connection.request(Nothing()) == Nothing()

    run(scene())


def test_whoever_waits_when_the_connection_is_lost_is_told() -> None:
    async def scene() -> None:
        service = Recorder(never)
        async with connected(service) as connection:
            waiting = asyncio.create_task(connection.request(Follow()))
            await service.met()
            service.connections[0].close()
            with pytest.raises(Unavailable, match="lost"):
                await waiting
            with pytest.raises(Unavailable, match="closed"):
                await connection.request(Follow())
            connection.notify(Nothing())  # dropped
            assert service.gone == service.connections

    run(scene())


def test_one_request_too_many_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "CONNECTION_REQUESTS_MAX", 3)

    async def scene() -> None:
        async with connected(Recorder(never)) as connection:
            waiting = [asyncio.create_task(connection.request(Follow())) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable, match="too many requests"):
                await connection.request(Follow())
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    run(scene())


def test_a_peer_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "CONNECTION_BUFFER_BYTES_MAX", 2**20)

    async def scene() -> None:
        service = Recorder()
        async with connected(service) as connection:
            await service.met()
            for _ in range(64):  # nobody reads: this loop is the peer's, too
                connection.notify(Encoded(bytes(2**18)))
            await connection.lost.wait()

    run(scene())


@pytest.mark.parametrize(
    "stranger",
    [
        credentials(SLAVE, secret=b"x" * 32),
        credentials(SLAVE, genesis=Hash32(b"x" * 32)),
    ],
    ids=["another secret", "another chain"],
)
def test_a_stranger_is_cut_and_never_heard(stranger: Credentials) -> None:
    async def scene() -> None:
        service = Recorder()
        async with listening(service) as port:
            with pytest.raises(HandshakeRefused):
                await connect(LOOPBACK, port, stranger, Recorder())
            assert not service.connections

    run(scene())


def test_a_peer_that_the_service_refuses_is_cut() -> None:
    async def scene() -> None:
        service = Recorder()
        service.refusal = InvalidInput("no slave of that name")
        async with connected(service) as connection:
            async with asyncio.timeout(5):
                await connection.lost.wait()
            assert service.gone == service.connections

    run(scene())


def test_a_peer_that_says_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "HANDSHAKE_TIMEOUT_MS", 30)

    async def scene() -> None:
        async with listening(Recorder()) as port:
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            async with asyncio.timeout(5):
                await read_until_cut(reader)
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    run(scene())


def test_the_number_of_unproved_peers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "HANDSHAKES_MAX", 4)

    async def scene() -> None:
        async with listening(Recorder()) as port:
            silent = [await asyncio.open_connection(LOOPBACK, port) for _ in range(4)]
            for reader, _ in silent:
                await reader.readexactly(4)  # accepted: its hello has begun
            with pytest.raises(Unavailable):
                await connect(LOOPBACK, port, credentials(SLAVE), Recorder())
            for _, writer in silent:
                writer.close()
                await writer.wait_closed()
            await asyncio.sleep(0.02)
            connection = await connect(LOOPBACK, port, credentials(SLAVE), Recorder())
            assert await connection.request(Nothing()) == Nothing()
            connection.close()

    run(scene())


def test_a_lost_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RECONNECT_DELAY_MS", 5)

    async def scene() -> None:
        service = Recorder()
        async with listening(service) as port:
            link = asyncio.create_task(
                stay_connected(LOOPBACK, port, credentials(SLAVE), Recorder())
            )
            for number in range(1, 4):
                await service.met(number)
                service.connections[-1].close()
            link.cancel()
            await asyncio.gather(link, return_exceptions=True)

    run(scene())


def test_nobody_there_is_unavailable() -> None:
    async def scene() -> None:
        async with listening(Recorder()) as port:
            pass
        with pytest.raises(Unavailable, match="nobody answers"):
            await connect(LOOPBACK, port, credentials(SLAVE), Recorder())

    run(scene())


async def read_until_cut(reader: asyncio.StreamReader) -> None:
    """Read what comes until the other end is gone."""
    try:
        while await reader.read(1024):
            pass
    except ConnectionResetError:
        pass
