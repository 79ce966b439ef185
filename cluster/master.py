"""The master: drives the epochs, keeps the root chain and the directory, tells gateways what is committed.

Slaves reach out to it and get the epoch protocol; gateways get root blocks and answers. It executes
nothing and holds no state of any account, so it does little and comes back quickly.

A slave that proves to know the secret and isn't one of the topology's is a *stranger*: it waits until it is added.
Strangers are told who is where, and nothing that they say or ask counts; there may be a few of them.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from cluster.bus import Connection, listen
from cluster.cluster_node import ClusterNode
from cluster.driver import Driver, now_ms
from cluster.gateway import admin_server, open_node, public_server
from cluster.identity import Identity
from cluster.leveldb import LevelDBStore
from cluster.master_moves import MasterMoves
from quarkparsec.broker.directory import Directory
from quarkparsec.chain.block import RootBlock
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.limits import BLOCK_HASH_WINDOW, STRANGE_SLAVES_MAX
from quarkparsec.root.events import Announce, Excluded, Held, LinkDown, LinkUp, Rearranged
from quarkparsec.root.genesis_block import open_root_chain
from quarkparsec.root.machine import RootMachine
from quarkparsec.root.split import check_split
from quarkparsec.root.topology import Topology
from quarkparsec.types import Epoch, Hash32, Recipient
from quarkparsec.wire.copies import ReadRootHashes, RootHashes
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.moves import MoveReport
from quarkparsec.wire.operations import MakeReady, Operation, Reshard, Resharded
from quarkparsec.wire.queries import Encoded, Nothing
from quarkparsec.wire.root_queries import (
    Follow,
    Locate,
    Located,
    ReadRootBlock,
    RootCommitted,
    TopologyChanged,
)
from quarkparsec.wire.session import Peer, Role

log = logging.getLogger("master")


class Master:
    """The root machine and everybody who talks to it; a `Service` of the bus."""

    def __init__(self, identity: Identity) -> None:
        self._store: Final = LevelDBStore(identity.folder / "master")
        self._chain: Final = open_root_chain(
            self._store, identity.genesis, identity.config.places()
        )
        self._directory: Final = Directory(self._store, identity.genesis)
        self._slaves: Final[dict[str, Connection]] = {}
        self._strangers: Final[dict[str, Connection]] = {}
        """Slaves that are there and don't belong to the cluster, or not yet: at most STRANGE_SLAVES_MAX."""
        self._followers: Final[set[Connection]] = set()
        self._splits: Final[dict[int, asyncio.Future[Epoch]]] = {}
        """Who waits for so many shards."""
        self._thread: Final = ThreadPoolExecutor(1, "root")
        self.machine: Final = RootMachine(identity.genesis, self._store)
        self.driver: Final = Driver(
            "the root chain",
            self.machine,
            self._store,
            self._thread,
            send=self._to_shard,
            announce=self._announced,
            stepped=_nothing,
        )
        credentials = identity.credentials(Role.GATEWAY, "master")  # asks, and gives no orders
        self.moves: Final = MasterMoves(self.machine, self.driver, credentials, self._tell)

    def start(self) -> None:
        """Bring the directory up to the root chain's head, then let the machine come up."""
        for number in range(self._directory.head() + 1, self._chain.head().number + 1):
            block = self._chain.block(Epoch(number))
            if block is not None:
                self._store.write(self._directory.take(block), sync=False)
        self.driver.start()

    def close(self) -> None:
        """Stop and let go of the database."""
        self.moves.close()
        self.driver.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._store.close()

    # --- what the bus calls

    async def opened(self, connection: Connection) -> None:
        peer = connection.peer
        if peer.role is Role.SLAVE:
            self._meet(peer.name, connection)

    def notice(self, connection: Connection, message: Message) -> None:
        peer = connection.peer
        if not isinstance(message, FromShard | MoveReport) or peer.role is not Role.SLAVE:
            raise InvalidInput(f"{peer.name} may not send {type(message).__name__}")
        if self._topology.slave(peer.name) is None:
            return  # a stranger, or one that has just left
        if isinstance(message, MoveReport):
            self.moves.hear(peer.name, message)
        elif message.shard_id in self._topology.shards_of(
            peer.name
        ):  # else it has just moved away
            self.driver.step(message)

    async def answer(self, connection: Connection, message: Message) -> Message:
        self._check_may_ask(connection.peer, message)
        if isinstance(message, Operation):
            return await self.moves.answer(message)
        match message:
            case Follow():
                self._follow(connection)
                return Nothing()
            case ReadRootBlock():
                return self._read_root_block(message)
            case ReadRootHashes():
                return self._read_root_hashes(message)
            case Locate():
                recipients = map(Recipient, message.recipients)
                return Located([self._directory.locate(one) for one in recipients])
            case Reshard():
                return await self._reshard(message.shard_count)
        raise InvalidInput(f"the master doesn't answer {type(message).__name__}")

    def closed(self, connection: Connection) -> None:
        self._followers.discard(connection)
        name = connection.peer.name
        if self._strangers.get(name) is connection:
            del self._strangers[name]
        if self._slaves.get(name) is connection:
            del self._slaves[name]
            log.warning("%s is gone", name)
            self.moves.slave_down(name)
            for shard_id in self._topology.shards_of(name):
                self.driver.step(LinkDown(shard_id))

    # --- within

    @property
    def _topology(self) -> Topology:
        return self.machine.topology

    def _check_may_ask(self, peer: Peer, message: Message) -> None:
        """Raise Rejected for what a slave may not ask: orders, and everything while it is a stranger."""
        if peer.role is not Role.SLAVE:
            return
        if self._topology.slave(peer.name) is None:
            raise Rejected(f"{peer.name} doesn't belong to this cluster")
        if not isinstance(message, ReadRootBlock | ReadRootHashes):
            raise Rejected(f"{peer.name} may not ask for {type(message).__name__}")

    def _meet(self, name: str, connection: Connection) -> None:
        """A slave is there: say what it holds, then go on with its shards. Raises Rejected."""
        if self._topology.slave(name) is None:
            self._let_wait(name, connection)
            return
        connection.notify(_told(self._topology))
        self._slaves[name] = connection
        log.info("%s is connected", name)
        self.moves.slave_up(name)
        for shard_id in self._topology.shards_of(name):
            self.driver.step(LinkUp(shard_id))

    def _let_wait(self, name: str, connection: Connection) -> None:
        """Keep a stranger until it is added; it replaces an earlier one of its name. Raises Rejected."""
        before = self._strangers.pop(name, None)
        if before is not None:
            before.close()
        if len(self._strangers) >= STRANGE_SLAVES_MAX:
            raise Rejected(f"{name} is a slave too many that doesn't belong to this cluster")
        self._strangers[name] = connection
        connection.notify(_told(self._topology))
        log.warning("%s is there, and doesn't belong to this cluster", name)

    def _to_shard(self, message: FromMaster) -> None:
        self._tell(self._topology.holder(message.shard_id), message)

    def _tell(self, name: str, message: Message) -> None:
        connection = self._slaves.get(name)
        if connection is not None:
            connection.notify(message)

    def _announced(self, effect: Any) -> None:
        if isinstance(effect, Excluded):
            log.warning("shard %d is left out: %s", effect.shard_id, effect.reason)
        elif isinstance(effect, Announce):
            self._store.write(self._directory.take(effect.block), sync=False)
            for follower in self._followers:
                follower.notify(RootCommitted(effect.block.encode()))
            self._tell_split(effect.block)
        elif isinstance(effect, Rearranged):
            self._tell_everybody(effect.topology)
            self.moves.follow(effect)
        elif isinstance(effect, Held):
            self.moves.follow(effect)

    def _tell_everybody(self, topology: Topology) -> None:
        """Who is where has changed; some slaves may have come or gone."""
        for peer in (*self._slaves.values(), *self._followers):
            peer.notify(_told(topology))
        for name in [name for name in self._slaves if topology.slave(name) is None]:
            self._strangers[name] = self._slaves.pop(name)
            self.moves.slave_down(name)
        for name in [name for name in self._strangers if topology.slave(name) is not None]:
            self._meet(name, self._strangers.pop(name))

    async def _reshard(self, shard_count: int) -> Resharded:
        """Have the shards split, and wait for the block that does it. Raises Rejected."""
        check_split(self.machine.head, shard_count)
        self.moves.check_rest()
        slaves = self._slaves.values()
        await asyncio.gather(*(slave.request(MakeReady()) for slave in slaves))
        self.moves.check_rest()  # one may have begun meanwhile
        self.driver.run(lambda: self.machine.reshard(now_ms(), shard_count))
        split = self._splits[shard_count] = asyncio.get_running_loop().create_future()
        log.info("the shards are to be %d", shard_count)
        return Resharded(await asyncio.shield(split), shard_count)

    def _tell_split(self, block: RootBlock) -> None:
        split = self._splits.pop(block.shard_count, None)
        if split is not None:
            split.set_result(block.number)

    def _follow(self, connection: Connection) -> None:
        connection.notify(_told(self._topology))
        connection.notify(RootCommitted(self.machine.head.encode()))
        self._followers.add(connection)

    def _read_root_block(self, query: ReadRootBlock) -> Message:
        if query.number is not None:
            block = self._chain.block(Epoch(query.number))
        else:
            block = self._chain.block_by_hash(Hash32(query.hash))
        return Nothing() if block is None else Encoded(block.encode())

    def _read_root_hashes(self, query: ReadRootHashes) -> RootHashes:
        last = min(query.last, query.first + BLOCK_HASH_WINDOW, self._chain.head().number)
        blocks = (self._chain.block(Epoch(epoch)) for epoch in range(query.first, last + 1))
        return RootHashes([block.hash for block in blocks if block is not None])


def _told(topology: Topology) -> TopologyChanged:
    return TopologyChanged(topology.encode())


def _nothing() -> None:
    """The master has nobody who waits for a step."""


async def run_master(identity: Identity, stop: asyncio.Event) -> None:
    """Run the master, and a gateway unless the configuration says otherwise, until `stop`."""
    config = identity.config
    master = Master(identity)
    credentials = identity.credentials(Role.MASTER, "master")
    bus = await listen(config.master.host, config.master.port, credentials, master)
    try:
        master.driver.failed.add_done_callback(lambda _: stop.set())
        master.start()
        async with open_node(identity, "gateway-in-master") as node:
            await _serve(identity, node, stop)
        if master.driver.failed.done():
            master.driver.failed.result()
    finally:
        bus.close()
        master.close()


async def _serve(identity: Identity, node: ClusterNode, stop: asyncio.Event) -> None:
    """Keep the doors of the master's process open until `stop`."""
    admin, public = admin_server(identity, node), public_server(identity, node)
    try:
        await admin.start(identity.config.admin.host, identity.config.admin.port)
        if identity.config.gateway_in_master:
            await public.start(identity.config.gateway.host, identity.config.gateway.port)
        await stop.wait()
    finally:
        await public.stop()
        await admin.stop()
