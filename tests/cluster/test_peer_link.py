"""A link is to one slave and to nobody else, and the slave says nothing over it by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cluster.bus import connect
from cluster.peer_link import PeerLink
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.wire.queries import Nothing
from quarkparsec.wire.root_queries import Follow
from quarkparsec.wire.session import Peer, Role
from tests.cluster.test_bus import LOOPBACK, Recorder, credentials, listening

GATEWAY = Peer(Role.GATEWAY, "gateway")


def between(slave: Peer, scene: Callable[[PeerLink, Recorder], Awaitable[None]]) -> None:
    """Play a scene between a link to slave-0 and a service that says it is `slave`."""

    async def play() -> None:
        service, link = Recorder(), PeerLink("slave-0")
        async with listening(service, slave) as port:
            connection = await connect(LOOPBACK, port, credentials(GATEWAY), link)
            await service.met()
            await scene(link, service)
            connection.close()

    asyncio.run(play())


def test_a_slave_is_asked_and_told() -> None:
    async def scene(link: PeerLink, service: Recorder) -> None:
        assert await link.request(Follow()) == Follow()
        link.notify(Nothing())
        await service.noticed(1)
        assert service.heard == [Nothing()]

    between(Peer(Role.SLAVE, "slave-0"), scene)


def test_what_speaks_up_by_itself_is_refused() -> None:
    async def scene(link: PeerLink, service: Recorder) -> None:
        with pytest.raises(InvalidInput, match="may not ask"):
            await service.connections[0].request(Nothing())
        service.connections[0].notify(Nothing())
        async with asyncio.timeout(5):
            await service.connections[0].lost.wait()

    between(Peer(Role.SLAVE, "slave-0"), scene)


@pytest.mark.parametrize("other", [Peer(Role.SLAVE, "slave-1"), Peer(Role.MASTER, "slave-0")])
def test_somebody_else_at_the_slaves_door_is_cut(other: Peer) -> None:
    async def scene(link: PeerLink, service: Recorder) -> None:
        async with asyncio.timeout(5):
            await service.connections[0].lost.wait()
        assert not link.connected
        link.notify(Nothing())
        with pytest.raises(Unavailable, match="slave-0 can't be reached"):
            await link.request(Nothing())

    between(other, scene)
