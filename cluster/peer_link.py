"""A link that is used to ask one peer, and that waits for nothing: while the peer is away, asking fails."""

from __future__ import annotations

from typing import Final

from cluster.bus import Connection
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.wire.envelope import Message


class PeerLink:
    """The latest connection to one peer; a `Service` of the bus."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    async def request(self, message: Message) -> Message:
        """Ask the peer. Raises Unavailable while it is away."""
        if self._connection is None:
            raise Unavailable(f"{self.name} can't be reached")
        return await self._connection.request(message)

    async def opened(self, connection: Connection) -> None:
        self._connection = connection

    async def answer(self, connection: Connection, message: Message) -> Message:
        raise InvalidInput(f"a gateway answers nothing, least of all {type(message).__name__}")

    def notice(self, connection: Connection, message: Message) -> None:
        raise InvalidInput(f"{self.name} sent a notice, {type(message).__name__}")

    def closed(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
