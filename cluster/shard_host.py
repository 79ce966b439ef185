"""One shard in a slave: its database, its machine, the thread that executes it, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from cluster.driver import Driver, now_ms
from cluster.leveldb import LevelDBStore
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Elsewhere, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.states import Absent, Joining, Replaying
from quarkparsec.types import ShardId, ShardKey
from quarkparsec.wire.epoch import FromShard
from quarkparsec.wire.lanes import LaneMessages


class ShardHost:
    """Everything of one shard that touches the world."""

    def __init__(
        self,
        genesis: Genesis,
        shard_id: ShardId,
        path: Path,
        send: Callable[[FromShard | LaneMessages], None],
    ) -> None:
        self.shard_id: Final = shard_id
        self.store: Final = LevelDBStore(path)
        self.state: Final = open_shard(self.store, genesis, shard_id)
        self.machine: Final = ShardMachine(genesis, shard_id, self.store, self.state)
        self._thread: Final = ThreadPoolExecutor(1, f"shard-{shard_id}")
        self.driver: Final = Driver(
            f"shard {shard_id}",
            self.machine,
            self.store,
            self._thread,
            send=send,
            announce=_ignore,
            stepped=self._wake,
        )
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def admit(self, transaction: Transaction, to_key: ShardKey, *, runs_code: bool) -> None:
        """Put a transaction into the pool. Raises Rejected."""
        candidate = Candidate(transaction, to_key, runs_code)
        self.driver.run(lambda: self.machine.admit(now_ms(), candidate))

    async def reached(self, epoch: int) -> None:
        """Wait until root block `epoch` is applied here. Raises Unavailable."""
        await self._until(lambda: self.machine.root_head.epoch >= epoch)

    async def split_into(self, shard_count: int) -> None:
        """Wait until the shard is one of so many. Raises Elsewhere if it is one of more by now, Unavailable."""
        await self._until(lambda: self.state.shard_count >= shard_count)
        if self.state.shard_count > shard_count:
            raise Elsewhere(f"shard {self.shard_id} was split")

    async def caught_up(self) -> None:
        """Wait until everything that was acknowledged is visible here. Raises Unavailable.

        After a crash it isn't until the master has decided on the sealed block that was left.
        """
        await self._until(lambda: not isinstance(self.machine.state, Absent | Joining | Replaying))

    def blocks(self) -> BlockStore:
        """The committed blocks, as they are now and stay."""
        return BlockStore(self.store.snapshot())

    def close(self) -> None:
        """Stop and let go of the database."""
        self.driver.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    async def _until(self, holds: Callable[[], bool]) -> None:
        if holds():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((holds, waiter))
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT_MS / 1000):
                await waiter
        except TimeoutError as error:
            raise Unavailable(f"shard {self.shard_id} is catching up") from error

    def _wake(self) -> None:
        if not self._waiting:
            return
        for holds, waiter in self._waiting:
            if not waiter.done() and holds():
                waiter.set_result(None)
        self._waiting = [one for one in self._waiting if not one[1].done()]


def _ignore(_: Any) -> None:
    """Nobody subscribes to a slave: gateways learn of blocks from the master."""
