"""One shard in a slave: its database, its machine, the thread that executes it, and who waits for it.

When the shard is split, its thread makes the database of the new half, so nothing is written meanwhile. What
waits in the pool for accounts of the new half is handed over to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from cluster.division import divide_database
from cluster.driver import Driver, now_ms
from cluster.leveldb import LevelDBStore
from cluster.shard_folders import shard_folder
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import Elsewhere, Rejected, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.events import Divide, Divided, HandOver
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.states import Absent, Idle, InRound, Joining, Replaying
from quarkparsec.state.view import StateView
from quarkparsec.types import Epoch, Hash32, ShardId
from quarkparsec.wire.epoch import FromShard
from quarkparsec.wire.lanes import LaneMessages


class Siblings(Protocol):
    """What the split of a shard asks of the slave that holds it."""

    def is_elsewhere(self, shard_id: ShardId) -> bool:
        """Whether another slave holds a shard."""

    def half_stands(self, shard_id: ShardId) -> None:
        """The database of a new half is there: let the shard come up, if it hasn't."""

    def hand_over(self, effect: HandOver) -> None:
        """Give a new half the transactions that wait for it."""


class ShardHost:
    """Everything of one shard that touches the world."""

    def __init__(
        self,
        genesis: Genesis,
        shard_id: ShardId,
        store: LevelDBStore,
        send: Callable[[FromShard | LaneMessages], None],
        siblings: Siblings,
    ) -> None:
        self.shard_id: Final = shard_id
        self.store: Final = store
        self._siblings: Final = siblings
        self.state: Final = open_shard(self.store, genesis, shard_id)
        self.machine: Final = ShardMachine(genesis, shard_id, self.store, self.state)
        self._thread: Final = ThreadPoolExecutor(1, f"shard-{shard_id}")
        self.driver: Final = Driver(
            f"shard {shard_id}",
            self.machine,
            self.store,
            self._thread,
            send=send,
            announce=self._announced,
            stepped=self._wake,
        )
        self.is_shut = False
        """Whether the pool takes nothing, because the shard is about to move."""
        self._users = 0
        """Questions that are being answered from here."""
        self._left: Final = asyncio.Event()
        """One of them is answered."""
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def admit(self, candidate: Candidate) -> None:
        """Put a transaction into the pool. Raises Rejected."""
        self.driver.run(lambda: self.machine.admit(now_ms(), candidate))

    async def reached(self, epoch: int) -> None:
        """Wait until root block `epoch` is applied here. Raises Unavailable."""
        await self._until(lambda: self.machine.root_head.epoch >= epoch)

    async def split_into(self, shard_count: int) -> None:
        """Wait until the shard is one of so many. Raises Elsewhere if it is one of more by now, Unavailable."""
        await self._until(lambda: self.state.shard_count >= shard_count)
        if self.state.shard_count > shard_count:
            raise self._was_split()

    async def caught_up(self) -> None:
        """Wait until everything that was acknowledged is visible here. Raises Unavailable.

        After a crash it isn't until the master has decided on the sealed block that was left.
        """
        await self._until(lambda: not isinstance(self.machine.state, Absent | Joining | Replaying))

    async def joined(self) -> None:
        """Wait until it is written here which root block this is after. Raises Unavailable."""
        await self._until(lambda: isinstance(self.machine.state, Idle | InRound))

    def view(self, epoch: Epoch | None, shard_count: int) -> StateView:
        """The state after an epoch, None for the last one, as it is seen in one of so many shards.

        Raises Elsewhere if it is one of more by now, PrunedHistory.
        """
        view = self.state.view(epoch)
        if view.place.shard_count != shard_count:
            raise self._was_split()
        return view

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

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While the context lasts, the database stays open."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._left.set()

    async def retire(self) -> None:
        """The shard is elsewhere: send those there who wait, let the others end, let go of the database."""
        self.driver.stop()
        for _, waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(Elsewhere(f"shard {self.shard_id} has moved"))
        while self._users:
            self._left.clear()
            await self._left.wait()
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

    # --- a split

    def take_over(self, candidates: Sequence[Candidate]) -> None:
        """Put transactions into the pool that waited in the shard that this one was split from."""
        for candidate in candidates:
            with contextlib.suppress(Rejected):
                self.admit(candidate)

    def _announced(self, effect: Any) -> None:
        """Blocks are announced to nobody: gateways learn of them from the master."""
        if isinstance(effect, Divide):
            self._divide(effect)
        elif isinstance(effect, HandOver):
            self._siblings.hand_over(effect)

    def _divide(self, effect: Divide) -> None:
        if self._siblings.is_elsewhere(effect.shard_id):  # it stood here, and has moved since
            asyncio.get_running_loop().call_soon(self.driver.step, Divided(effect.shard_id))
            return
        half = self.store.path.with_name(shard_folder(effect.shard_id))

        def then(_: None) -> None:
            self._siblings.half_stands(effect.shard_id)
            self.driver.step(Divided(effect.shard_id))

        self.driver.do(lambda: divide_database(self.store.path, half, effect.born), then)

    # --- within

    def _was_split(self) -> Elsewhere:
        return Elsewhere(f"shard {self.shard_id} was split")

    def _wake(self) -> None:
        if not self._waiting:
            return
        for holds, waiter in self._waiting:
            if not waiter.done() and holds():
                waiter.set_result(None)
        self._waiting = [one for one in self._waiting if not one[1].done()]
