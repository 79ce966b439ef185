"""The shards that a slave holds: opened and closed as the topology says.

A shard of a new chain is made from the genesis file. One that came later, by a split or a move, is opened once
its folder is there: whoever makes the folder makes it whole. A shard whose database is corrupt stays down, and
the others of the slave can do without it; it must never serve.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from cluster.division import open_database
from cluster.identity import Identity
from cluster.leveldb import LevelDBStore
from cluster.shard_folders import ShardFolders
from cluster.shard_host import ShardHost
from cluster.topology_file import load_topology, save_topology
from quarkparsec.errors import Corrupt, Elsewhere, InvalidInput, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS
from quarkparsec.root.topology import Topology
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.events import HandOver
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import FromShard
from quarkparsec.wire.lanes import LaneMessages

log = logging.getLogger("slave")


class Holdings:
    """The shards of one slave, and which of them there should be."""

    def __init__(
        self, identity: Identity, name: str, send: Callable[[FromShard | LaneMessages], None]
    ) -> None:
        self.hosts: Final[dict[ShardId, ShardHost]] = {}
        """Those that are open."""
        self.failed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        """Raises what stopped the first shard that stopped."""
        self._identity: Final = identity
        self._name: Final = name
        self._send: Final = send
        self.folders: Final = ShardFolders(identity.folder / name)
        self._topology_path: Final = identity.folder / name / "topology"
        self._topology: Topology | None = None
        self._partings: Final[dict[ShardId, asyncio.Task[None]]] = {}
        """Of shards that went elsewhere."""
        self._down: Final[dict[ShardId, str]] = {}
        """Why those that can't be opened can't."""
        self._handed_over: Final[dict[ShardId, Sequence[Candidate]]] = {}
        """What waits for halves that aren't open yet."""
        self._opening: Final[set[ShardId]] = set()
        """Halves that are being opened."""
        self._opened = asyncio.Event()
        self._is_closed = False

    # --- who is where

    @property
    def shards(self) -> tuple[ShardId, ...]:
        """Those that this slave should hold. Raises Unavailable before anybody has said."""
        if self._topology is None:
            raise Unavailable(f"{self._name} doesn't know yet which shards it holds")
        return self._topology.shards_of(self._name)

    @property
    def belongs(self) -> bool:
        """Whether this slave is one of the cluster's, as far as it knows."""
        return self._topology is not None and self.knows(self._name)

    def knows(self, name: str) -> bool:
        """Whether a slave is one of the cluster's; before anybody has said, nobody is a stranger."""
        return self._topology is None or self._topology.slave(name) is not None

    @property
    def version(self) -> int:
        """Of who is where, as far as it is known here; 0 before anybody has said."""
        return 0 if self._topology is None else self._topology.version

    def remembered(self) -> Topology | None:
        """What was heard last in this slave's life, before the master says it again."""
        return load_topology(self._topology_path)

    def learn(self, topology: Topology) -> None:
        """Remember who is where. Raises InvalidInput if that is long past."""
        known = self._topology
        if known is not None and topology.version < known.version:
            raise InvalidInput(
                f"who is where was known here already as of version {known.version}"
            )
        if topology != known:
            save_topology(self._topology_path, topology)
            self._topology = topology

    def settle(self) -> None:
        """Open what this slave holds now; close what it doesn't any more, and delete it."""
        for shard_id in set(self.hosts) - set(self.shards):
            self._part(shard_id, self._retire(self.hosts.pop(shard_id)))
        for shard_id in self._left_over():
            self._part(shard_id, self._delete(shard_id))
        for shard_id in self.shards:
            if not self._is_up(shard_id) and self._can_be_opened(shard_id):
                self._let_come_up(shard_id, partial(self._open, shard_id))
        for host in self.hosts.values():
            host.state.share_memory(len(self.shards))

    # --- shards

    def path(self, shard_id: ShardId) -> Path:
        """Where a shard's database is."""
        return self.folders.shard(shard_id)

    async def parted(self, shard_id: ShardId) -> None:
        """Wait until nothing is left here of a shard that went elsewhere."""
        parting = self._partings.get(shard_id)
        if parting is not None:
            await asyncio.wait((parting,))

    async def all_parted(self) -> None:
        """Wait until nothing is left here of any that did."""
        while self._partings:
            await asyncio.wait(self._partings.values())

    async def host(self, shard_id: ShardId) -> ShardHost:
        """An open shard; waits for one that is yet to come. Raises Elsewhere, Unavailable."""
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT_MS / 1000):
                while shard_id not in self.hosts:
                    self._check_is_coming(shard_id)
                    await self._opened.wait()
        except TimeoutError as error:
            raise Unavailable(f"shard {shard_id} is not open yet") from error
        return self.hosts[shard_id]

    async def make_ready(self) -> None:
        """Let the databases be copied quickly, as splits do: what is only in their logs goes into tables."""
        loop = asyncio.get_running_loop()
        for host in list(self.hosts.values()):
            await loop.run_in_executor(None, host.store.flush)

    def close(self) -> None:
        """Stop every shard and let go of the databases."""
        self._is_closed = True
        for host in self.hosts.values():
            host.close()

    # --- what a split asks for

    def is_elsewhere(self, shard_id: ShardId) -> bool:
        known = self._topology
        is_known = known is not None and shard_id < known.shard_count
        return is_known and shard_id not in self.shards

    def half_stands(self, shard_id: ShardId) -> None:
        """Open it in a thread of its own: the other shards have to go on."""
        if self._is_up(shard_id):
            return
        self._opening.add(shard_id)
        loop = asyncio.get_running_loop()
        opening = loop.run_in_executor(None, self._open, shard_id)
        opening.add_done_callback(partial(self._take_half, shard_id))

    def hand_over(self, effect: HandOver) -> None:
        host = self.hosts.get(effect.shard_id)
        if host is None:
            self._handed_over[effect.shard_id] = effect.candidates
        else:
            host.take_over(effect.candidates)

    # --- within

    def _left_over(self) -> list[ShardId]:
        """Shards that went elsewhere just before an earlier life of this process ended."""
        if self._topology is None:
            return []
        known = range(self._topology.shard_count)
        here = set(self.folders.shards()) - set(self.shards) - set(self._partings)
        return sorted(here & set(map(ShardId, known)))

    def _part(self, shard_id: ShardId, work: Coroutine[Any, Any, None]) -> None:
        parting = asyncio.get_running_loop().create_task(work)
        self._partings[shard_id] = parting
        parting.add_done_callback(lambda _: self._partings.pop(shard_id, None))

    async def _retire(self, host: ShardHost) -> None:
        await host.retire()
        await self._delete(host.shard_id)

    async def _delete(self, shard_id: ShardId) -> None:
        log.info("shard %d isn't here any more; deleting its database", shard_id)
        await asyncio.to_thread(self.folders.discard, shard_id)

    def _is_up(self, shard_id: ShardId) -> bool:
        return shard_id in self.hosts or shard_id in self._opening

    def _open(self, shard_id: ShardId) -> LevelDBStore:
        return open_database(self.path(shard_id), shard_id, len(self.shards))

    def _take_half(self, shard_id: ShardId, opening: asyncio.Future[LevelDBStore]) -> None:
        self._opening.discard(shard_id)
        if self._is_closed:
            if opening.exception() is None:
                opening.result().close()
            return
        try:
            self._let_come_up(shard_id, opening.result)
        except Unavailable as error:
            self._fail(error)

    def _let_come_up(self, shard_id: ShardId, open_store: Callable[[], LevelDBStore]) -> None:
        try:
            host = ShardHost(self._identity.genesis, shard_id, open_store(), self._send, self)
        except Corrupt as error:
            log.critical("shard %d stays down: %s", shard_id, error)
            self._down[shard_id] = str(error)
        else:
            self.hosts[shard_id] = host
            host.state.share_memory(len(self.shards))
            host.driver.failed.add_done_callback(self._note_failure)
            host.driver.start()
            host.take_over(self._handed_over.pop(shard_id, ()))
        self._opened.set()
        self._opened = asyncio.Event()

    def _can_be_opened(self, shard_id: ShardId) -> bool:
        return shard_id < self._identity.genesis.shard_count or self.path(shard_id).exists()

    def _check_is_coming(self, shard_id: ShardId) -> None:
        if shard_id in self._down:
            raise Unavailable(f"shard {shard_id} stays down: {self._down[shard_id]}")
        if self._topology is not None and shard_id not in self.shards:
            raise Elsewhere(f"{self._name} doesn't hold shard {shard_id}")

    def _note_failure(self, failed: asyncio.Future[None]) -> None:
        if not failed.cancelled():
            self._fail(failed.exception() or Unavailable("a shard has stopped"))

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)
            self.failed.exception()  # whoever waits for it sees it; nobody has to
