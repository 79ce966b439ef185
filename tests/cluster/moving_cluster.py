"""A cluster in one event loop whose master is at hand, so that shards can be moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cluster.admission import Admission
from cluster.bus import listen
from cluster.identity import Identity
from cluster.master import Master
from cluster.router import Router
from cluster.slave import run_slave
from quarkparsec.root.topology import Move
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from quarkparsec.wire.session import Role
from tests.cluster.one_loop import settled, until_connected


class MovingCluster:
    """The master, and a gateway's router and admission."""

    def __init__(self, master: Master, router: Router, admission: Admission) -> None:
        self.master = master
        self.router = router
        self.admission = admission

    async def move(self, shard_id: int, slave: str) -> str:
        """Move a shard; why that failed, "" if it didn't."""
        self.master.moves.begin(Move(ShardId(shard_id), slave))
        await until(lambda: not self.master.moves.mover.under_way)
        last = self.master.moves.mover.statuses[-1]
        return last.words if last.stage is Stage.FAILED else ""

    @property
    def holders(self) -> tuple[str, ...]:
        return self.master.machine.topology.holders


@asynccontextmanager
async def running(identity: Identity) -> AsyncIterator[MovingCluster]:
    """Master and slaves work, and a gateway's router is connected to them."""
    stop = asyncio.Event()
    master = Master(identity)
    credentials = identity.credentials(Role.MASTER, "master")
    bus = await listen(
        identity.config.master.host, identity.config.master.port, credentials, master
    )
    master.start()
    names = [slave.name for slave in identity.config.slaves]
    processes = [asyncio.create_task(run_slave(identity, name, stop)) for name in names]
    router = Router(identity, identity.credentials(Role.GATEWAY, "gateway"))
    admission = Admission(router)
    links = asyncio.create_task(router.run())
    try:
        await until_connected(router, names)
        yield MovingCluster(master, router, admission)
    finally:
        await settled()
        links.cancel()
        admission.close()
        stop.set()
        await asyncio.gather(*processes, links, return_exceptions=True)
        bus.close()
        master.close()
        await settled()


async def until(holds: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
