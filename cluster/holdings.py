"""The shards that a slave holds: opened and closed as the topology says.

A shard of a new chain is made from the genesis file. One that came later, by a split or a move, is opened once
its folder is there: whoever makes the folder makes it whole. A shard whose database is corrupt stays down, and
the others of the slave can do without it; it must never serve.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from cluster.division import open_database
from cluster.identity import Identity
from cluster.leveldb import LevelDBStore
from cluster.shard_host import ShardHost, shard_folder
from cluster.topology_file import load_topology, save_topology
from quarkparsec.errors import Corrupt, Elsewhere, Unavailable
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
        self._folder: Final = identity.folder / name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._topology: Topology | None = None
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

    def remembered(self) -> Topology | None:
        """What was heard last in this slave's life, before the master says it again."""
        return load_topology(self._folder / "topology")

    def follow(self, topology: Topology) -> None:
        """Open what this slave holds now, close what it doesn't any more."""
        if self._topology == topology:
            return
        save_topology(self._folder / "topology", topology)
        self._topology = topology
        for shard_id in set(self.hosts) - set(self.shards):
            self.hosts.pop(shard_id).close()
        for shard_id in self.shards:
            if not self._is_up(shard_id) and self._can_be_opened(shard_id):
                self._let_come_up(shard_id, partial(open_database, self.path(shard_id), shard_id))

    # --- shards

    def path(self, shard_id: ShardId) -> Path:
        """Where a shard's database is."""
        return self._folder / shard_folder(shard_id)

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

    def half_stands(self, shard_id: ShardId) -> None:
        """Open it in a thread of its own: the other shards have to go on."""
        if self._is_up(shard_id):
            return
        self._opening.add(shard_id)
        loop = asyncio.get_running_loop()
        opening = loop.run_in_executor(None, open_database, self.path(shard_id), shard_id)
        opening.add_done_callback(partial(self._take_half, shard_id))

    def hand_over(self, effect: HandOver) -> None:
        host = self.hosts.get(effect.shard_id)
        if host is None:
            self._handed_over[effect.shard_id] = effect.candidates
        else:
            host.take_over(effect.candidates)

    # --- within

    def _is_up(self, shard_id: ShardId) -> bool:
        return shard_id in self.hosts or shard_id in self._opening

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
