"""What the master tells a gateway: the root chain, and who is where.

Recent root blocks are at hand, older ones are asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from cluster.bus import Connection, Credentials, stay_connected
from cluster.config import Endpoint
from quarkparsec.cache import Cache
from quarkparsec.chain.block import RootBlock
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.limits import MASTER_RESTART_MS, ROOT_BLOCK_CACHE_MAX
from quarkparsec.root.topology import Topology
from quarkparsec.types import Epoch, Hash32
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import (
    Encoded,
    Follow,
    Nothing,
    ReadRootBlock,
    RootCommitted,
    TopologyChanged,
)

log = logging.getLogger("root")


class RootFollower:
    """Follows one master; a `Service` of the bus."""

    def __init__(
        self,
        master: Endpoint,
        credentials: Credentials,
        on_block: Callable[[RootBlock], None],
        on_topology: Callable[[Topology], None],
    ) -> None:
        self._master: Final = master
        self._credentials: Final = credentials
        self._on_block: Final = on_block
        self._on_topology: Final = on_topology
        self._connection: Connection | None = None
        self._is_connected: Final = asyncio.Event()
        self._head: RootBlock | None = None
        self._by_number: Final[Cache[int, RootBlock]] = Cache(ROOT_BLOCK_CACHE_MAX)
        self._by_hash: Final[Cache[Hash32, RootBlock]] = Cache(ROOT_BLOCK_CACHE_MAX)

    async def run(self) -> None:
        """Stay connected to the master, as long as the task lives."""
        await stay_connected(self._master.host, self._master.port, self._credentials, self)

    def head(self) -> RootBlock:
        """The last committed root block. Raises Unavailable before the first connection."""
        if self._head is None:
            raise Unavailable("the gateway has not reached the master yet")
        return self._head

    async def by_number(self, number: Epoch) -> RootBlock | None:
        """The root block of an epoch, or None if there is none yet."""
        found = self._by_number.get(number)
        if found is not None or number > self.head().number:
            return found
        return await self._fetch(ReadRootBlock(number, b""))

    async def by_hash(self, block_hash: Hash32) -> RootBlock | None:
        """The root block with that hash."""
        found = self._by_hash.get(block_hash)
        return found or await self._fetch(ReadRootBlock(None, block_hash))

    async def ask(self, message: Message) -> Message:
        """Ask the master; while it restarts, wait. Raises what it raises, Unavailable if it stays away."""
        try:
            async with asyncio.timeout(MASTER_RESTART_MS / 1000):
                await self._is_connected.wait()
        except TimeoutError as error:
            raise Unavailable("the master can't be reached") from error
        if self._connection is None:  # gone again between the event and here
            raise Unavailable("the master can't be reached")
        return await self._connection.request(message)

    # --- what the bus calls

    async def opened(self, connection: Connection) -> None:
        self._connection = connection
        self._is_connected.set()
        with contextlib.suppress(Unavailable):
            await connection.request(Follow())

    async def answer(self, connection: Connection, message: Message) -> Message:
        raise InvalidInput(f"a gateway answers nothing, least of all {type(message).__name__}")

    def notice(self, connection: Connection, message: Message) -> None:
        if isinstance(message, RootCommitted):
            self._take(RootBlock.decode(message.block))
        elif isinstance(message, TopologyChanged):
            self._on_topology(Topology.decode(message.topology))

    def closed(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._is_connected.clear()

    # --- within

    def _take(self, block: RootBlock) -> None:
        self._keep(block)
        if self._head is None or block.number > self._head.number:
            self._head = block
            self._on_block(block)

    def _keep(self, block: RootBlock) -> None:
        self._by_number.put(block.number, block)
        self._by_hash.put(block.hash, block)

    async def _fetch(self, query: ReadRootBlock) -> RootBlock | None:
        answer = await self.ask(query)
        if isinstance(answer, Nothing):
            return None
        if not isinstance(answer, Encoded):
            raise InvalidInput("the master answered something else than a root block")
        block = RootBlock.decode(answer.value)
        self._keep(block)
        return block
