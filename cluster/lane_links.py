"""How the shards of a cluster talk to each other within an epoch.

Each slave keeps a connection of its own to every other one, and says over it what its shards have to say
to theirs. So a message goes one way over a connection: two slaves share two. What can't be sent now is
dropped: the machines ask again, and nothing of a lane outlives its round. What doesn't fit a frame goes in
several, one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from cluster.bus import stay_connected
from cluster.identity import Identity
from cluster.peer_link import PeerLink
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import LANE_ITEMS_MAX
from quarkparsec.wire.lanes import LaneMessages
from quarkparsec.wire.session import Peer, Role


class LaneLinks:
    """The ways of one slave to the shards of all, its own included."""

    def __init__(
        self, identity: Identity, name: str, deliver: Callable[[LaneMessages], None]
    ) -> None:
        self._config: Final = identity.config
        self._credentials: Final = identity.credentials(Role.SLAVE, name)
        self._deliver: Final = deliver
        self._own: Final = frozenset(identity.config.slave(name).shards)
        self._others: Final = [slave for slave in identity.config.slaves if slave.name != name]
        self._links: Final = {slave.name: PeerLink(slave.name) for slave in self._others}
        self._link_of: Final = {
            shard: self._links[slave.name] for slave in self._others for shard in slave.shards
        }

    async def run(self) -> None:
        """Stay connected to every other slave, as long as the task lives."""
        async with asyncio.TaskGroup() as tasks:
            for slave in self._others:
                link = self._links[slave.name]
                tasks.create_task(stay_connected(slave.host, slave.port, self._credentials, link))

    def send(self, message: LaneMessages) -> None:
        """Bring a message on its way. One for a shard of this slave arrives after the running step."""
        if message.shard_id in self._own:
            asyncio.get_running_loop().call_soon(self._deliver, message)
        else:
            link = self._link_of[message.shard_id]
            for part in _parts(message):
                link.notify(part)

    def take(self, peer: Peer, message: LaneMessages) -> None:
        """Deliver what another slave says. Raises InvalidInput if it may not say that."""
        if peer.role is not Role.SLAVE:
            raise InvalidInput(f"{peer.name} may not send {type(message).__name__}")
        if message.source not in self._config.slave(peer.name).shards:
            raise InvalidInput(f"{peer.name} doesn't hold shard {message.source}")
        if message.shard_id not in self._own:
            raise InvalidInput(
                f"{peer.name} takes this slave for that of shard {message.shard_id}"
            )
        self._deliver(message)


def _parts(message: LaneMessages) -> Iterator[LaneMessages]:
    """The same in messages that fit a frame each, whatever transactions they carry."""
    items = message.items
    for start in range(0, len(items), LANE_ITEMS_MAX):
        yield msgspec.structs.replace(message, items=items[start : start + LANE_ITEMS_MAX])
