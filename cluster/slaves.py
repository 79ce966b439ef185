"""The slaves as a gateway sees them: which one holds a shard, and what it answers."""

from __future__ import annotations

from typing import Final, TypeVar

from cluster.bus import Credentials
from cluster.slave_links import SlaveLinks
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.root.topology import Topology
from quarkparsec.types import ShardId
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Nothing

Answer = TypeVar("Answer")


class Slaves:
    """Those of the last topology that was heard of."""

    def __init__(self, credentials: Credentials) -> None:
        self._links: Final = SlaveLinks(credentials)
        self._topology: Topology | None = None

    def follow(self, topology: Topology) -> None:
        """Who is where has changed."""
        self._topology = topology
        self._links.follow(topology)

    def close(self) -> None:
        """Cut every link."""
        self._links.close()

    @property
    def topology(self) -> Topology:
        """Who is where. Raises Unavailable before the master has said it."""
        if self._topology is None:
            raise Unavailable("the gateway has not reached the master yet")
        return self._topology

    @property
    def names(self) -> list[str]:
        """Of all of them."""
        return [slave.name for slave in self.topology.slaves]

    def holder(self, shard_id: ShardId) -> str:
        """The name of the slave that holds a shard."""
        return self.topology.holder(shard_id)

    def is_connected(self, name: str) -> bool:
        """Whether a slave can be reached now."""
        return self._links.is_connected(name)

    async def ask(self, name: str, message: Message, kind: type[Answer]) -> Answer:
        """Ask a slave; the answer, of the kind that must come. Raises Unavailable while it is away."""
        answer = await self.ask_optional(name, message, kind)
        if answer is None:
            raise Unavailable(f"{name} doesn't have that")
        return answer

    async def ask_optional(self, name: str, message: Message, kind: type[Answer]) -> Answer | None:
        """Ask a slave for what may not exist."""
        link = self._links.link(name)
        if link is None:
            raise Unavailable(f"there is no slave {name} any more")
        answer = await link.request(message)
        if isinstance(answer, Nothing):
            return None
        if not isinstance(answer, kind):
            raise InvalidInput(f"{name} answered with {type(answer).__name__}")
        return answer
