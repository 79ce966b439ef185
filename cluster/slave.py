"""A slave: holds shards, executes their transactions, answers questions about them.

It reaches out to the master and to the other slaves, again and again, and listens for those and for
gateways. Messages of the epoch protocol go straight between the master and the machines of the shards, those
of the lanes straight between the machines (cluster/lane_links.py); everything else is a question.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from cluster import shard_queries
from cluster.bus import Connection, listen, stay_connected
from cluster.calls import Calls
from cluster.identity import Identity
from cluster.lane_links import LaneLinks
from cluster.shard_host import ShardHost
from quarkparsec.errors import Corrupt, InvalidInput, Rejected, Unavailable
from quarkparsec.shard.transaction_status import acknowledge, furthest, status_of
from quarkparsec.types import Epoch, Hash32, ShardId, Stage
from quarkparsec.wire import queries
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.lanes import LaneMessages
from quarkparsec.wire.session import Role

log = logging.getLogger("slave")


class Slave:
    """The shards of one process; a `Service` of the bus."""

    def __init__(self, identity: Identity, name: str) -> None:
        self._master: Connection | None = None
        self._calls: Final = Calls(identity.genesis)
        self.lanes: Final = LaneLinks(identity, name, self._step)
        self.hosts: Final[dict[int, ShardHost]] = {}
        self._shards: Final = identity.config.slave(name).shards
        for shard in self._shards:
            path = identity.folder / name / f"shard-{shard:04}"
            try:
                host = ShardHost(identity.genesis, ShardId(shard), path, self._send)
            except Corrupt as error:  # the others can do without it; it must never serve
                log.critical("shard %d stays down: %s", shard, error)
            else:
                self.hosts[shard] = host

    def start(self) -> None:
        """Let the machines come up."""
        for host in self.hosts.values():
            host.driver.start()

    def close(self) -> None:
        """Stop every shard and let go of the databases."""
        self._calls.close()
        for host in self.hosts.values():
            host.close()

    # --- what the bus calls

    async def opened(self, connection: Connection) -> None:
        if connection.peer.role is Role.MASTER:
            self._master = connection

    def notice(self, connection: Connection, message: Message) -> None:
        peer = connection.peer
        if isinstance(message, LaneMessages):
            self.lanes.take(peer, message)
        elif isinstance(message, FromMaster) and peer.role is Role.MASTER:
            self._step(message)
        else:
            raise InvalidInput(f"{peer.name} may not send {type(message).__name__}")

    async def answer(self, connection: Connection, message: Message) -> Message:
        if isinstance(message, queries.Admit):
            return self._admit(message)
        if isinstance(message, queries.FindTransaction):
            return await self._find(Hash32(message.hash), Epoch(message.epoch))
        if isinstance(message, queries.FindStatus):
            return await self._find_status(Hash32(message.hash), Epoch(message.epoch))
        shard_id = getattr(message, "shard_id", None)
        if shard_id is None:
            raise InvalidInput(f"a slave doesn't answer {type(message).__name__}")
        return await self._answer_of_shard(self._host(shard_id), message)

    def closed(self, connection: Connection) -> None:
        if self._master is connection:
            self._master = None

    # --- within

    async def _answer_of_shard(self, host: ShardHost, message: Message) -> Message:
        if isinstance(message, queries.ReadOnlyCall):
            return await self._calls.call(host, message)
        if isinstance(message, queries.EstimateGas):
            return await self._calls.estimate(host, message)
        if isinstance(message, queries.ReadLogs):
            return await self._calls.search_logs(host, message)
        read = shard_queries.READS.get(type(message))
        if read is None:
            raise InvalidInput(f"a shard doesn't answer {type(message).__name__}")
        return await read(host, message)

    def _admit(self, message: queries.Admit) -> queries.Admitted:
        verdicts = list[str]()
        admitted: dict[ShardHost, list[Hash32]] = {}
        for submission in message.submissions:
            host = self._host(submission.shard_id)
            try:
                transaction_hash = shard_queries.admit(host, submission)
            except Rejected as refusal:
                verdicts.append(str(refusal))
            else:
                verdicts.append("")
                admitted.setdefault(host, []).append(transaction_hash)
        acks = [acknowledge(host.machine, tuple(hashes)) for host, hashes in admitted.items()]
        return queries.Admitted(verdicts, acks)

    async def _find(self, transaction_hash: Hash32, epoch: Epoch) -> queries.Search:
        heads: list[int] = []
        async for host in self._ready(epoch):
            found = shard_queries.find_transaction(host, transaction_hash)
            heads.append(host.machine.root_head.epoch)
            if found is not None:
                return queries.Search(found, min(heads), max(heads))
        self._check_whole()
        return queries.Search(None, min(heads, default=epoch), max(heads, default=epoch))

    async def _find_status(self, transaction_hash: Hash32, epoch: Epoch) -> queries.StatusSearch:
        heads: list[int] = []
        found: queries.FoundStatus | None = None
        async for host in self._ready(epoch):
            status = status_of(host.machine, host.blocks(), transaction_hash)
            heads.append(host.machine.root_head.epoch)
            found = furthest((found, status))
            if found is not None and found.stage is Stage.COMMITTED:
                break
        if found is None:
            self._check_whole()
        lowest, highest = min(heads, default=epoch), max(heads, default=epoch)
        return queries.StatusSearch(found, lowest, highest)

    async def _ready(self, epoch: Epoch) -> AsyncIterator[ShardHost]:
        """The shards, each once it sees all that it holds and has applied `epoch`."""
        for host in self.hosts.values():
            await host.caught_up()
            await host.reached(epoch)
            yield host

    def _check_whole(self) -> None:
        """One that stays down may hold what the others don't: that isn't the same as unknown."""
        for shard in self._shards:
            self._host(shard)

    def _host(self, shard_id: int) -> ShardHost:
        host = self.hosts.get(shard_id)
        if host is None:
            raise Unavailable(f"this slave doesn't hold shard {shard_id}")
        return host

    def _step(self, message: FromMaster | LaneMessages) -> None:
        host = self.hosts.get(message.shard_id)
        if host is not None:  # else it stays down; the others will do without it
            host.driver.step(message)

    def _send(self, message: FromShard | LaneMessages) -> None:
        if isinstance(message, LaneMessages):
            self.lanes.send(message)
        elif self._master is not None:
            self._master.notify(message)


async def run_slave(identity: Identity, name: str, stop: asyncio.Event) -> None:
    """Run a slave until `stop`, or until one of its shards fails."""
    config = identity.config.slave(name)
    credentials = identity.credentials(Role.SLAVE, name)
    slave = Slave(identity, name)
    master = identity.config.master
    server = await listen(config.host, config.port, credentials, slave)
    links = [
        asyncio.create_task(stay_connected(master.host, master.port, credentials, slave)),
        asyncio.create_task(slave.lanes.run()),
    ]
    try:
        slave.start()
        failures = [host.driver.failed for host in slave.hosts.values()]
        for failure in failures:
            failure.add_done_callback(lambda _: stop.set())
        await stop.wait()
        for failure in failures:
            if failure.done():
                failure.result()
    finally:
        server.close()
        for link in links:
            link.cancel()
        slave.close()
