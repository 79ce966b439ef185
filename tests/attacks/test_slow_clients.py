"""Clients that never finish are cut at a deadline, and meanwhile others are served as ever."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from quarkparsec.limits import HTTP_BODY_TIMEOUT_MS, HTTP_CONNECTIONS_MAX
from tests.attacks.bodies import VALID
from tests.attacks.http_client import TIMEOUT_S, read_all
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
DRIP_S = 0.5


@contextlib.contextmanager
def connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Several connections to a port."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), TIMEOUT_S))
            for _ in range(count)
        ]


def is_alive(connection: socket.socket) -> bool:
    """Whether a byte more can be sent."""
    try:
        connection.sendall(b" ")
    except OSError:
        return False
    return True


def test_dripping_bodies_are_cut_and_an_honest_client_is_served_meanwhile(target: Target) -> None:
    deadline = time.monotonic() + HTTP_BODY_TIMEOUT_MS / 1000 + 4
    slowest_s = 0.0
    with connections(target.port, 40) as dripping:
        for connection in dripping:
            connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n{")
        left = dripping
        while left:
            assert time.monotonic() < deadline, "a dripping client is still connected"
            asked = time.monotonic()
            assert target.ask("eth_chainId")["result"] == "0x5143"
            slowest_s = max(slowest_s, time.monotonic() - asked)
            time.sleep(DRIP_S)
            left = [connection for connection in left if is_alive(connection)]
    assert slowest_s < 2


def test_a_client_that_never_reads_its_answers_costs_little_memory(target: Target) -> None:
    before = target.resident_bytes()["master"]
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(VALID) + VALID
    with connections(target.port, 20) as deaf:
        for connection in deaf:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                while True:
                    connection.send(request * 100)
        time.sleep(1)
        assert target.ask("eth_chainId")["result"] == "0x5143"
        assert target.resident_bytes()["master"] - before < 32 * 2**20


def test_more_connections_than_allowed_are_turned_away_and_the_others_stay(target: Target) -> None:
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(VALID) + VALID
    with connections(target.port, HTTP_CONNECTIONS_MAX) as held:
        held[-1].sendall(request)
        assert b"0x5143" in read_all(held[-1])
        with connections(target.port, 100) as too_many:
            for connection in too_many:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(request)
                assert read_all(connection) == b""
    time.sleep(0.2)  # until the server has seen them go
    assert target.ask("eth_chainId")["result"] == "0x5143"
