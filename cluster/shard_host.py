"""One shard in a slave: its database, its machine, the thread that executes it, and who waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

from cluster.driver import Driver, now_ms
from cluster.leveldb import LevelDBStore
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Elsewhere, Rejected, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.states import Absent, Idle, Joining, Replaying
from quarkparsec.types import Hash32, ShardId, ShardKey
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
        self.is_shut = False
        """Whether the pool takes nothing, because the shard is about to move."""
        self._last_left: Final = asyncio.Event()
        self._users = 0
        """Questions that are being answered from here."""
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

    # --- a move

    def shut(self, block_hash: Hash32) -> bool:
        """Close the pool if the shard is at rest, with this block as its last; whether it is."""
        last = self.blocks().head_header(self.state)
        self.is_shut = isinstance(self.machine.state, Idle) and last.hash == block_hash
        return self.is_shut

    def reopen(self) -> None:
        """Take transactions again."""
        self.is_shut = False
        self._wake()

    async def takes_transactions(self) -> None:
        """Wait until the pool is open. Raises Elsewhere if the shard has moved, Unavailable."""
        await self._until(lambda: not self.is_shut)

    def take_over(self, candidates: Sequence[Candidate]) -> None:
        """Put transactions into the pool that waited in the shard where it was before."""
        for candidate in candidates:
            with contextlib.suppress(Rejected):
                self.driver.run(partial(self.machine.admit, now_ms(), candidate))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While the context lasts, the database stays open."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._last_left.set()

    async def retire(self) -> None:
        """The shard is elsewhere: send those there who wait, let the others end, let go of the database."""
        self.driver.stop()
        for _, waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(Elsewhere(f"shard {self.shard_id} has moved"))
        while self._users:
            self._last_left.clear()
            await self._last_left.wait()
        await asyncio.to_thread(self.close)

    # --- reading

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
