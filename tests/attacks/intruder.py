"""One end of a bus connection that may know the secret, and behaves badly either way."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from types import TracebackType
from typing import Final, Self

from cluster.identity import Identity
from quarkparsec.types import Hash32
from quarkparsec.wire.session import Peer, Phase, Role, Session

CONNECT_TIMEOUT_S: Final = 5.0


class Intruder:
    """A connection to a bus port, as a context."""

    def __init__(
        self,
        identity: Identity,
        port: int,
        *,
        peer: Peer | None = None,
        secret: bytes | None = None,
        genesis_hash: Hash32 | None = None,
    ) -> None:
        self.session: Final = Session(
            peer or Peer(Role.GATEWAY, "intruder"),
            secret=secret or identity.secret,
            genesis_hash=genesis_hash or identity.genesis.hash,
            nonce=secrets.token_bytes(32),
            initiator=True,
        )
        self._socket: Final = socket.create_connection(("127.0.0.1", port), CONNECT_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, sent: bytes) -> None:
        """Put bytes on the wire, if it is still there."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(sent)

    def say_hello(self) -> None:
        self.send(self.session.bytes_to_send())

    def read_frame(self) -> bytes:
        """One handshake frame of the other end, without its length."""
        size = int.from_bytes(self._read(4), "big")
        return self._read(size)

    def prove(self) -> None:
        """Go through the handshake; the peer accepts a proof made with its secret."""
        self.say_hello()
        while self.session.phase is not Phase.OPEN:
            self.session.receive(self._socket.recv(4_096))
            self.send(self.session.bytes_to_send())

    def _read(self, size: int) -> bytes:
        return self._socket.recv(size, socket.MSG_WAITALL)

    def is_cut_within(self, seconds: float) -> bool:
        """Whether the other end closes the connection soon, whatever it says before."""
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(65_536):
                    return True
        except ConnectionError:
            return True
        except TimeoutError:
            pass
        return False
