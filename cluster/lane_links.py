"""How the shards of a cluster talk to each other within an epoch.

Each slave keeps a connection of its own to every other one, and says over it what its shards have to say
to theirs. So a message goes one way over a connection: two slaves share two. What can't be sent now is
dropped: the machines ask again, and nothing of a lane outlives its round. What doesn't fit a frame goes in
several, one after the other.

Two slaves may have heard different things of who is where. So one takes what another says for any shard that is
here; whether it belongs to the round, the machine knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from cluster.bus import Credentials
from cluster.slave_links import SlaveLinks
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS, LANE_ITEMS_MAX, RECONNECT_DELAY_MS
from quarkparsec.root.topology import Topology
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.lanes import LaneMessages
from quarkparsec.wire.session import Peer, Role


class LaneLinks:
    """The ways of one slave to the shards of all, its own included."""

    def __init__(self, credentials: Credentials, deliver: Callable[[LaneMessages], None]) -> None:
        self._name: Final = credentials.me.name
        self._deliver: Final = deliver
        self._links: Final = SlaveLinks(credentials)
        self._holders: tuple[str, ...] = ()

    def follow(self, topology: Topology) -> None:
        """Speak to the shards where they are now."""
        self._holders = topology.holders
        self._links.follow(topology)

    def close(self) -> None:
        """Cut every link."""
        self._links.close()

    def send(self, message: LaneMessages) -> None:
        """Bring a message on its way. One for a shard of this slave arrives after the running step."""
        holder = self._holders[message.shard_id]
        if holder == self._name:
            asyncio.get_running_loop().call_soon(self._deliver, message)
            return
        link = self._links.link(holder)
        if link is not None:
            for part in _parts(message):
                link.notify(part)

    async def ask(self, name: str, question: Message) -> Message:
        """Ask another slave; one that is just being reached is waited for. Raises Unavailable."""
        link = self._links.link(name)
        if link is None:
            raise Unavailable(f"there is no slave {name}")
        attempts = CATCH_UP_TIMEOUT_MS // RECONNECT_DELAY_MS
        while not link.connected and attempts:
            attempts -= 1
            await asyncio.sleep(RECONNECT_DELAY_MS / 1000)
        return await link.request(question)

    def take(self, peer: Peer, message: LaneMessages) -> None:
        """Deliver what another slave says. Raises InvalidInput if it may not say that."""
        if peer.role is not Role.SLAVE:
            raise InvalidInput(f"{peer.name} may not send {type(message).__name__}")
        self._deliver(message)


def _parts(message: LaneMessages) -> Iterator[LaneMessages]:
    """The same in messages that fit a frame each, whatever transactions they carry."""
    items = message.items
    for start in range(0, len(items), LANE_ITEMS_MAX):
        yield msgspec.structs.replace(message, items=items[start : start + LANE_ITEMS_MAX])
