"""A slave: holds shards, executes their transactions, answers questions about them.

It reaches out to the master and to the other slaves, again and again, and listens for those and for
gateways. The master says which shards it holds (cluster/holdings.py); until it does, and while it is away,
they are those of last time. Messages of the epoch protocol go straight between the master and the machines of
the shards, those of the lanes straight between the machines (cluster/lane_links.py); everything else is a
question.

A slave that isn't one of the topology's is a stranger: its connection is cut. One that is itself a stranger, until
somebody adds it, speaks to nobody but the master.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from cluster import shard_queries
from cluster.bus import Connection, listen, stay_connected
from cluster.calls import Calls
from cluster.exit_status import Removed
from cluster.holdings import Holdings
from cluster.identity import Identity
from cluster.lane_links import LaneLinks
from cluster.shard_host import ShardHost
from cluster.slave_moves import SlaveMoves
from quarkparsec.errors import Elsewhere, InvalidInput, Rejected, Unavailable
from quarkparsec.root.topology import Topology
from quarkparsec.shard.transaction_status import acknowledge, furthest, status_of
from quarkparsec.types import Epoch, Hash32, ShardId, Stage
from quarkparsec.wire import queries
from quarkparsec.wire.copies import CopyQuestion
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.lanes import LaneMessages
from quarkparsec.wire.moves import MoveOrder
from quarkparsec.wire.operations import MakeReady
from quarkparsec.wire.root_queries import TopologyChanged
from quarkparsec.wire.session import Peer, Role


class Slave:
    """One process with its shards; a `Service` of the bus."""

    def __init__(self, identity: Identity, name: str) -> None:
        self.has_left: Final = asyncio.Event()
        """The slave doesn't belong to the cluster any more."""
        self._name: Final = name
        self._master: Connection | None = None
        self._calls: Final = Calls(identity.genesis)
        self.lanes: Final = LaneLinks(identity.credentials(Role.SLAVE, name), self._step)
        self.holdings: Final = Holdings(identity, name, self._send)
        self._remembered: Final = self.holdings.remembered()
        given = self._remembered.shards_of(name) if self._remembered else ()
        self.moves: Final = SlaveMoves(identity.genesis, self.holdings.folders, given, self)

    def start(self) -> None:
        """Open the shards of last time."""
        if self._remembered is not None:
            self.follow(self._remembered)

    def follow(self, topology: Topology) -> None:
        """Hold the shards that this slave has now, and speak to the others where they are."""
        if self.holdings.belongs and topology.slave(self._name) is None:
            self.has_left.set()
        self.holdings.learn(topology)
        if self.holdings.belongs:  # the others don't speak to strangers
            self.lanes.follow(topology)
        self.moves.follow(self.holdings.shards)
        self.holdings.settle()
        self.moves.fill_pools()

    def close(self) -> None:
        """Stop every shard and let go of the databases."""
        self.moves.close()
        self.lanes.close()
        self._calls.close()
        self.holdings.close()

    # --- what the bus calls

    async def opened(self, connection: Connection) -> None:
        self._check_belongs(connection.peer)
        if connection.peer.role is not Role.MASTER:
            return
        if self._master is not None:  # what is left of that connection counts no more
            self.moves.lose_master()
        self._master = connection
        self.moves.meet_master()

    def notice(self, connection: Connection, message: Message) -> None:
        peer = connection.peer
        self._check_belongs(peer)
        if isinstance(message, LaneMessages):
            self.lanes.take(peer, message)
        elif isinstance(message, TopologyChanged) and peer.role is Role.MASTER:
            self.follow(Topology.decode(message.topology))
        elif isinstance(message, MoveOrder) and peer.role is Role.MASTER:
            self.moves.take(message)
        elif isinstance(message, FromMaster) and peer.role is Role.MASTER:
            self._step(message)
        else:
            raise InvalidInput(f"{peer.name} may not send {type(message).__name__}")

    async def answer(self, connection: Connection, message: Message) -> Message:
        self._check_may_ask(connection.peer, message)
        if isinstance(message, queries.Admit):
            return await self._admit(message)
        if isinstance(message, queries.FindTransaction):
            return await self._find(Hash32(message.hash), Epoch(message.epoch))
        if isinstance(message, queries.FindStatus):
            return await self._find_status(Hash32(message.hash), Epoch(message.epoch))
        if isinstance(message, MakeReady):
            await self.holdings.make_ready()
            return queries.Nothing()
        if isinstance(message, queries.AtShard):
            host = await self._host(message)
            with host.in_use():
                return await self._answer_of_shard(host, message)
        raise InvalidInput(f"a slave doesn't answer {type(message).__name__}")

    def closed(self, connection: Connection) -> None:
        if self._master is connection:
            self._master = None
            self.moves.lose_master()

    # --- what moves of shards need

    @property
    def hosts(self) -> dict[ShardId, ShardHost]:
        return self.holdings.hosts

    async def parted(self, shard_id: ShardId) -> None:
        await self.holdings.parted(shard_id)

    async def ask_slave(self, name: str, question: Message) -> Message:
        return await self.lanes.ask(name, question)

    async def ask_master(self, question: Message) -> Message:
        if self._master is None:
            raise Unavailable("the master can't be reached")
        return await self._master.request(question)

    def tell_master(self, message: Message) -> None:
        if self._master is not None:
            self._master.notify(message)

    # --- within

    def _check_belongs(self, peer: Peer) -> None:
        """Raise Rejected for a slave that isn't of this cluster, as far as is known here."""
        if peer.role is Role.SLAVE and not self.holdings.knows(peer.name):
            raise Rejected(f"{peer.name} doesn't belong to this cluster")

    def _check_may_ask(self, peer: Peer, message: Message) -> None:
        """A slave asks another one for copies of shards, and for nothing else. Raises Rejected."""
        self._check_belongs(peer)
        if peer.role is Role.SLAVE and not isinstance(message, CopyQuestion):
            raise Rejected(f"{peer.name} may not ask for {type(message).__name__}")

    async def _host(self, question: queries.AtShard) -> ShardHost:
        """The shard that a question is for. Raises Elsewhere, Unavailable."""
        host = await self.holdings.host(ShardId(question.shard_id))
        if isinstance(question, queries.AtKey):
            await host.split_into(question.shard_count)
        return host

    async def _answer_of_shard(self, host: ShardHost, message: Message) -> Message:
        if isinstance(message, queries.ReadOnlyCall):
            return await self._calls.call(host, message)
        if isinstance(message, queries.EstimateGas):
            return await self._calls.estimate(host, message)
        if isinstance(message, queries.ReadLogs):
            return await self._calls.search_logs(host, message)
        if isinstance(message, CopyQuestion):
            return await self.moves.answer(host, message)
        read = shard_queries.READS.get(type(message))
        if read is None:
            raise InvalidInput(f"a shard doesn't answer {type(message).__name__}")
        return await read(host, message)

    async def _admit(self, message: queries.Admit) -> queries.Admitted:
        """Nothing is admitted unless every shard is there that should take some."""
        shards = {submission.shard_id for submission in message.submissions}
        hosts = {shard: await self._host_of_some(shard, message.shard_count) for shard in shards}
        verdicts: list[str | None] = []
        admitted: dict[ShardHost, list[Hash32]] = {}
        for submission in message.submissions:
            host = hosts[submission.shard_id]
            if host is None or not self._is_here(host):
                verdicts.append(None)
                continue
            try:
                transaction_hash = shard_queries.admit(host, submission)
            except Rejected as refusal:
                verdicts.append(str(refusal))
            else:
                verdicts.append("")
                admitted.setdefault(host, []).append(transaction_hash)
        acks = [acknowledge(host.machine, tuple(hashes)) for host, hashes in admitted.items()]
        return queries.Admitted(verdicts, acks)

    async def _host_of_some(self, shard_id: int, shard_count: int) -> ShardHost | None:
        """The shard as it was when there were so many; None if it isn't here any more."""
        with contextlib.suppress(Elsewhere):
            host = await self.holdings.host(ShardId(shard_id))
            await host.split_into(shard_count)
            await host.takes_transactions()
            return host
        return None

    def _is_here(self, host: ShardHost) -> bool:
        return self.holdings.hosts.get(host.shard_id) is host and not host.is_shut

    async def _find(self, transaction_hash: Hash32, epoch: Epoch) -> queries.Search:
        version, heads = self.holdings.version, list[int]()
        found: queries.FoundTransaction | None = None
        async with contextlib.aclosing(self._ready(epoch)) as hosts:
            async for host in hosts:
                found = shard_queries.find_transaction(host, transaction_hash)
                heads.append(host.machine.root_head.epoch)
                if found is not None:
                    break
        self._check_unmoved(found, version)
        lowest, highest = min(heads, default=epoch), max(heads, default=epoch)
        return queries.Search(found, lowest, highest, version)

    async def _find_status(self, transaction_hash: Hash32, epoch: Epoch) -> queries.StatusSearch:
        version, heads = self.holdings.version, list[int]()
        found: queries.FoundStatus | None = None
        async with contextlib.aclosing(self._ready(epoch)) as hosts:
            async for host in hosts:
                status = status_of(host.machine, host.blocks(), transaction_hash)
                heads.append(host.machine.root_head.epoch)
                found = furthest((found, status))
                if found is not None and found.stage is Stage.COMMITTED:
                    break
        self._check_unmoved(found, version)
        lowest, highest = min(heads, default=epoch), max(heads, default=epoch)
        return queries.StatusSearch(found, lowest, highest, version)

    async def _ready(self, epoch: Epoch) -> AsyncGenerator[ShardHost, None]:
        """The shards, each once it sees all that it holds and has applied `epoch`.

        What waits in the pool of a shard that is split goes to the new half, which has the greater number and
        may come up meanwhile: so they are taken in ascending order, as they are found to be there. One that
        stays down may hold what the others don't, which isn't the same as unknown: raises Unavailable at last.
        """
        seen: set[ShardId] = set()
        away: Unavailable | None = None
        while remaining := set(self.holdings.shards) - seen:
            shard_id = min(remaining)
            seen.add(shard_id)
            try:
                host = await self.holdings.host(shard_id)
            except Unavailable as error:
                away = error
                continue
            with host.in_use():
                await host.caught_up()
                await host.reached(epoch)
                yield host
        if away is not None:
            raise away

    def _check_unmoved(self, found: object, version: int) -> None:
        """What wasn't found may have been in a shard that has moved away. Raises Elsewhere."""
        if found is None and self.holdings.version != version:
            raise Elsewhere("shards have moved during the search")

    def _step(self, message: FromMaster | LaneMessages) -> None:
        host = self.holdings.hosts.get(message.shard_id)
        if host is not None:  # else it isn't here, or stays down: the others will do without it
            host.driver.step(message)

    def _send(self, message: FromShard | LaneMessages) -> None:
        if isinstance(message, LaneMessages):
            self.lanes.send(message)
        else:
            self.tell_master(message)


async def run_slave(identity: Identity, name: str, stop: asyncio.Event) -> None:
    """Run a slave until `stop`, or until one of its shards fails. Raises Removed if it has to leave."""
    config = identity.config.slave(name)
    credentials = identity.credentials(Role.SLAVE, name)
    slave = Slave(identity, name)
    master = identity.config.master
    server = await listen(config.host, config.port, credentials, slave)
    link = asyncio.create_task(stay_connected(master.host, master.port, credentials, slave))
    leaving = asyncio.create_task(slave.has_left.wait())
    try:
        slave.holdings.failed.add_done_callback(lambda _: stop.set())
        leaving.add_done_callback(lambda _: stop.set())
        slave.start()
        await stop.wait()
        if slave.holdings.failed.done():
            slave.holdings.failed.result()
        if slave.has_left.is_set():
            await slave.holdings.all_parted()
            raise Removed(f"{name} was removed from the cluster")
    finally:
        server.close()
        leaving.cancel()
        link.cancel()
        slave.close()
