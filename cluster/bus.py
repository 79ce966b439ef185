"""The bus: authenticated connections between the processes of a cluster.

A connection carries envelopes, each one message with an id. Id 0 is a notice: nothing comes back. An odd
id opens a request that the peer answers once, with the next even id. Both ends may send either at any
time, and answers may come in any order.

What bounds it: the handshake has a deadline, every request has one; the number of unproved peers, of open
requests and of bytes that wait to be sent have a maximum; a peer that passes one is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from typing import Any, Final, Protocol, cast

from quarkparsec.errors import InvalidInput, QuarkparsecError, Rejected, Unavailable
from quarkparsec.limits import (
    CONNECTION_BUFFER_BYTES_MAX,
    CONNECTION_REQUESTS_MAX,
    HANDSHAKE_TIMEOUT_MS,
    HANDSHAKES_MAX,
    RECONNECT_DELAY_MS,
    REQUEST_TIMEOUT_MS,
)
from quarkparsec.types import Hash32
from quarkparsec.wire.envelope import (
    NOTICE,
    Envelope,
    Message,
    decode_envelope,
    encode_envelope,
    raise_failure,
    to_failure,
)
from quarkparsec.wire.session import NONCE_BYTES, Peer, Phase, Session

log = logging.getLogger("bus")


class Service(Protocol):
    """What a process does with what its peers say."""

    async def opened(self, connection: Connection) -> None:
        """A peer has proved who it is."""

    async def answer(self, connection: Connection, message: Message) -> Message:
        """Answer a request. Errors of the tree go back to the peer."""

    def notice(self, connection: Connection, message: Message) -> None:
        """Take a message that wants no answer."""

    def closed(self, connection: Connection) -> None:
        """The connection is gone; its open requests have failed."""


class Credentials:
    """What this process needs to prove that it belongs to the cluster."""

    def __init__(self, me: Peer, secret: bytes, genesis_hash: Hash32) -> None:
        self.me: Final = me
        self._secret: Final = secret
        self._genesis_hash: Final = genesis_hash

    def session(self, *, initiator: bool) -> Session:
        """A fresh session with a fresh nonce."""
        return Session(
            self.me,
            secret=self._secret,
            genesis_hash=self._genesis_hash,
            nonce=secrets.token_bytes(NONCE_BYTES),
            initiator=initiator,
        )


class Connection(asyncio.Protocol):
    """One end of one connection."""

    def __init__(self, session: Session, service: Service) -> None:
        self.ready: Final[asyncio.Future[Peer]] = asyncio.get_running_loop().create_future()
        self.lost: Final = asyncio.Event()
        self._session: Final = session
        self._service: Final = service
        self._transport: asyncio.Transport | None = None
        self._requests: Final[dict[int, asyncio.Future[Message]]] = {}
        self._answers: Final[set[asyncio.Task[None]]] = set()
        self._next_id = 1
        self._handshake_timer: asyncio.TimerHandle | None = None
        self._fault: QuarkparsecError = Unavailable("the peer closed the connection unproved")
        """Why there is no connection, as long as there is none."""

    @property
    def peer(self) -> Peer:
        """Who is at the other end; only once the connection is open."""
        return self.ready.result()

    @property
    def is_open(self) -> bool:
        """Whether the peer has proved who it is."""
        ready = self.ready
        return ready.done() and not ready.cancelled() and ready.exception() is None

    # --- what the process calls

    def notify(self, message: Message) -> None:
        """Send a message that wants no answer; on a lost connection it is dropped."""
        self._send(Envelope(NOTICE, message))

    async def request(self, message: Message, timeout_ms: int = REQUEST_TIMEOUT_MS) -> Message:
        """Send a request and wait for its answer. Raises what the peer raised, or Unavailable."""
        if self._transport is None or self.lost.is_set():
            raise Unavailable("the connection is closed")
        if len(self._requests) >= CONNECTION_REQUESTS_MAX:
            raise Unavailable("too many requests under way")
        request_id, self._next_id = self._next_id, self._next_id + 2
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._requests[request_id] = answer
        try:
            self._send(Envelope(request_id, message))
            async with asyncio.timeout(timeout_ms / 1000):
                return raise_failure(await answer)
        except TimeoutError as error:
            name = self.peer.name
            raise Unavailable(f"{name} didn't answer within {timeout_ms} ms") from error
        finally:
            del self._requests[request_id]

    def close(self) -> None:
        """Cut the connection; what waits to be sent is dropped."""
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._write(self._session.bytes_to_send())
        loop = asyncio.get_running_loop()
        self._handshake_timer = loop.call_later(HANDSHAKE_TIMEOUT_MS / 1000, self._handshake_late)

    def data_received(self, data: bytes) -> None:
        try:
            payloads = self._session.receive(data)
            self._write(self._session.bytes_to_send())
            if self._session.phase is Phase.OPEN and not self.ready.done():
                self._open()
            for payload in payloads:
                self._receive(decode_envelope(payload))
        except (InvalidInput, Rejected) as error:
            log.warning("cutting a connection: %s", error)
            self._fault = error
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        for task in self._answers:
            task.cancel()
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(Unavailable("the connection was lost"))
        if self.is_open:
            self._service.closed(self)
        elif not self.ready.done():
            self.ready.set_exception(self._fault)
            self.ready.exception()  # an accepted connection has nobody who waits for it

    # --- within

    def _open(self) -> None:
        peer = self._session.peer
        if peer is None:
            raise InvalidInput("an open session without a peer")
        self.ready.set_result(peer)
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        self._spawn(self._tell_opened())

    async def _tell_opened(self) -> None:
        try:
            await self._service.opened(self)
        except (InvalidInput, Rejected) as error:
            log.warning("cutting a connection: %s", error)
            self.close()

    def _handshake_late(self) -> None:
        if not self.ready.done():
            log.warning("cutting a connection: no handshake within %d ms", HANDSHAKE_TIMEOUT_MS)
            self.close()

    def _receive(self, envelope: Envelope) -> None:
        if envelope.id == NOTICE:
            self._service.notice(self, envelope.message)
        elif envelope.id & 1:
            if len(self._answers) >= CONNECTION_REQUESTS_MAX:
                raise InvalidInput("the peer has too many requests under way")
            self._spawn(self._answer(envelope))
        else:
            waiting = self._requests.get(envelope.id - 1)
            if waiting is not None and not waiting.done():
                waiting.set_result(envelope.message)

    async def _answer(self, envelope: Envelope) -> None:
        answer: Message = to_failure(Unavailable("the request failed; the log says why"))
        try:
            answer = await self._service.answer(self, envelope.message)
        except QuarkparsecError as error:
            answer = to_failure(error)
        finally:
            self._send(Envelope(envelope.id + 1, answer))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._answers.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._answers.discard(task)
        if not task.cancelled() and task.exception() is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a bus handler failed", "exception": task.exception(), "task": task}
            )

    def _send(self, envelope: Envelope) -> None:
        self._write(self._session.send(encode_envelope(envelope)))

    def _write(self, outgoing: bytes) -> None:
        transport = self._transport
        if not outgoing or transport is None or transport.is_closing():
            return
        transport.write(outgoing)
        if transport.get_write_buffer_size() > CONNECTION_BUFFER_BYTES_MAX:
            log.warning("cutting a connection: the peer doesn't read")
            transport.abort()


class _Entrance:
    """Accepts peers, a bounded number of them before they have proved who they are."""

    def __init__(self, credentials: Credentials, service: Service) -> None:
        self._credentials: Final = credentials
        self._service: Final = service
        self._unproved = 0

    def __call__(self) -> asyncio.Protocol:
        if self._unproved >= HANDSHAKES_MAX:
            return _TurnedAway()
        connection = Connection(self._credentials.session(initiator=False), self._service)
        self._unproved += 1
        connection.ready.add_done_callback(self._judged)
        return connection

    def _judged(self, _: asyncio.Future[Peer]) -> None:
        self._unproved -= 1


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()


async def listen(
    host: str, port: int, credentials: Credentials, service: Service
) -> asyncio.Server:
    """Accept peers on host:port. Raises Unavailable if the port can't be had."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(_Entrance(credentials, service), host, port)
    except OSError as error:
        raise Unavailable(f"can't listen on {host}:{port}: {error.strerror}") from error


async def connect(host: str, port: int, credentials: Credentials, service: Service) -> Connection:
    """Reach a peer once. Raises Unavailable; Rejected or InvalidInput if it is no peer."""
    connection = Connection(credentials.session(initiator=True), service)
    is_reached = False
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_MS / 1000):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: connection, host, port)
            await connection.ready
        is_reached = True
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"nobody answers at {host}:{port}") from error
    finally:
        if not is_reached:
            connection.close()
    return connection


async def stay_connected(host: str, port: int, credentials: Credentials, service: Service) -> None:
    """Reach a peer again and again, as long as the task lives."""
    while True:
        with contextlib.suppress(InvalidInput, Rejected, Unavailable):
            connection = await connect(host, port, credentials, service)
            try:
                await connection.lost.wait()
            finally:
                connection.close()
        await asyncio.sleep(RECONNECT_DELAY_MS / 1000)
