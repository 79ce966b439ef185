"""When each root block was heard of, by somebody who does nothing but listen to the master."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from cluster.identity import Identity
from cluster.root_follower import RootFollower
from quarkparsec.chain.block import SWEPT, RootBlock
from quarkparsec.errors import Unavailable
from quarkparsec.root.topology import Topology
from quarkparsec.wire.session import Role


class Heard(NamedTuple):
    """A root block, as far as it matters here."""

    at_s: float
    """Seconds of time.perf_counter."""
    shard_count: int
    is_swept: bool
    transactions: int


class Watch:
    """Listens as long as its task runs."""

    def __init__(self, identity: Identity) -> None:
        self.heard: Final[list[Heard]] = []
        self._holders: tuple[str, ...] = ()
        credentials = identity.credentials(Role.GATEWAY, "watch")
        self._root: Final = RootFollower(
            identity.config.master, credentials, self._take, self._look
        )

    @property
    def holders(self) -> tuple[str, ...]:
        """The slave of each shard."""
        return self._holders

    async def run(self) -> None:
        await self._root.run()

    async def until(self, holds: Callable[[], bool], timeout_s: float) -> None:
        """Wait for something that depends on what is heard. Raises Unavailable."""
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():  # noqa: ASYNC110 - a look now and then is enough
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise Unavailable(f"it takes longer than {timeout_s:g} s") from error

    def _take(self, block: RootBlock) -> None:
        is_swept = all(summary.sweep == SWEPT for summary in block.summaries)
        transactions = sum(summary.transaction_count for summary in block.summaries)
        self.heard.append(Heard(time.perf_counter(), block.shard_count, is_swept, transactions))

    def _look(self, topology: Topology) -> None:
        self._holders = topology.holders
