"""A link to one slave, over which it is asked and told, and that waits for nothing.

While the slave is away, asking it fails and what it is told is lost. The slave itself says nothing over such
a link but answers: what it has to say to others goes over links of its own.
"""

from __future__ import annotations

from typing import Final

from cluster.bus import Connection
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.session import Peer, Role


class PeerLink:
    """The latest connection to one slave; a `Service` of the bus."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    async def request(self, message: Message) -> Message:
        """Ask the slave. Raises Unavailable while it is away."""
        if self._connection is None:
            raise Unavailable(f"{self.name} can't be reached")
        return await self._connection.request(message)

    def notify(self, message: Message) -> None:
        """Tell the slave; while it is away, nobody."""
        if self._connection is not None:
            self._connection.notify(message)

    # --- what the bus calls

    async def opened(self, connection: Connection) -> None:
        if connection.peer != Peer(Role.SLAVE, self.name):
            raise InvalidInput(f"{connection.peer.name} is where {self.name} should be")
        self._connection = connection

    async def answer(self, connection: Connection, message: Message) -> Message:
        raise InvalidInput(f"{self.name} may not ask for {type(message).__name__} here")

    def notice(self, connection: Connection, message: Message) -> None:
        raise InvalidInput(f"{self.name} sent a notice, {type(message).__name__}")

    def closed(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
