"""HTTP as attackers speak it: nothing is added that wasn't asked for."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

TIMEOUT_S = 20.0
SILENCE_S = 0.5
JSON = "application/json"


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        assert self.status == 200, (self.status, self.body)
        return orjson.loads(self.body)


def post(port: int, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Reply:
    """Send a body whole, with these headers over the ordinary ones."""
    ordinary = {"Host": f"127.0.0.1:{port}", "Content-Type": JSON}
    ordinary |= {"Content-Length": str(len(body))}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.putrequest(method, "/", skip_host=True, skip_accept_encoding=True)
        for name, value in (ordinary | dict(headers)).items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body)
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes and nothing more; everything that comes back until the other end closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
        with contextlib.suppress(ConnectionError):  # cut while we still spoke
            connection.sendall(sent)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other end closes or is silent."""
    connection.settimeout(SILENCE_S)
    received = bytearray()
    with contextlib.suppress(ConnectionError, TimeoutError):
        while chunk := connection.recv(65_536):
            received += chunk
    return bytes(received)
