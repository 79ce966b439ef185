"""The links of one process to the slaves, as they come and go with the topology.

A slave that joins gets a link, one that leaves loses its own, one that listens elsewhere gets a new one. A link
tries again and again; while its slave is away, what is asked of it fails.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from cluster.bus import Credentials, stay_connected
from cluster.peer_link import PeerLink
from quarkparsec.root.topology import SlavePlace, Topology


class _Reach(NamedTuple):
    place: SlavePlace
    link: PeerLink
    task: asyncio.Task[None]


class SlaveLinks:
    """A link to each slave but the one that they are from, if that is one."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials: Final = credentials
        self._reached: Final[dict[str, _Reach]] = {}

    def follow(self, topology: Topology) -> None:
        """Keep links to the slaves of this topology, and to no others."""
        wanted = {place.name: place for place in topology.slaves}
        wanted.pop(self._credentials.me.name, None)
        for name, reach in list(self._reached.items()):
            if wanted.get(name) != reach.place:
                reach.task.cancel()
                del self._reached[name]
        for name, place in wanted.items():
            if name not in self._reached:
                self._reached[name] = self._reach(place)

    def link(self, name: str) -> PeerLink | None:
        """The link to a slave; None if there is no such slave."""
        reach = self._reached.get(name)
        return None if reach is None else reach.link

    def is_connected(self, name: str) -> bool:
        """Whether a slave can be reached now."""
        link = self.link(name)
        return link is not None and link.connected

    def close(self) -> None:
        """Cut them all."""
        for reach in self._reached.values():
            reach.task.cancel()
        self._reached.clear()

    def _reach(self, place: SlavePlace) -> _Reach:
        link = PeerLink(place.name)
        connecting = stay_connected(place.host, place.port, self._credentials, link)
        return _Reach(place, link, asyncio.get_running_loop().create_task(connecting))
