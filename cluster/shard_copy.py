"""The copy of a shard that another slave holds, from the first row to the last transaction of its pool.

    fetch       the rows of a snapshot, as they come; the shard works
    verify      the state that they hold is the one that the root chain names
    follow      what the shard has done since is done again, until the copy is close behind, and from then on
    complete    the shard stands still: the last blocks, the pool; then everything is made durable

A copy has a thread and a database of its own, and takes its turns there one after the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from cluster.leveldb import LevelDBStore
from cluster.verification import verify
from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import Corrupt, Unavailable
from quarkparsec.limits import (
    CATCHING_UP_MS_MAX,
    CLOSE_BEHIND_MS,
    FOLLOW_INTERVAL_MS,
)
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.following import Follower
from quarkparsec.store import Batch
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey
from quarkparsec.wire.copies import (
    BlocksAfter,
    PooledTransaction,
    PoolPart,
    ReadBlocksAfter,
    ReadPool,
    ReadRootHashes,
    ReadRows,
    RootHashes,
    Rows,
    unpack_rows,
)
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.moves import CopyProgress, MoveId, Stage
from quarkparsec.wire.queries import Encoded, ReadRootBlock

Answer = TypeVar("Answer")
Ask = Callable[[Message], Awaitable[Message]]
"""Ask one who is elsewhere. Raises Unavailable."""


class ShardCopy:
    """A copy in the making."""

    def __init__(
        self,
        genesis: Genesis,
        shard_id: ShardId,
        move: MoveId,
        path: Path,
        ask_source: Ask,
        ask_master: Ask,
    ) -> None:
        self._genesis: Final = genesis
        self._shard_id: Final = shard_id
        self._move: Final = move
        self._path: Final = path
        self._ask_source: Final = ask_source
        self._ask_master: Final = ask_master
        self._thread: Final = ThreadPoolExecutor(1, f"copy-{shard_id}")
        self._turn: Final = asyncio.Lock()
        self._store: LevelDBStore | None = None
        self._follower: Follower | None = None
        self._stage = Stage.COPYING
        self._rows = self._bytes = self._total_bytes = 0
        self.pool: list[Candidate] = []
        """What waits in the shard, once the copy is complete."""

    @property
    def progress(self) -> CopyProgress:
        """How far it is."""
        return CopyProgress(
            self._shard_id,
            self._move,
            self._stage,
            self._rows,
            self._bytes,
            max(self._total_bytes, self._bytes),
        )

    async def make(self) -> None:
        """Fetch, verify and follow, until the copy is close behind. Raises Unavailable, Corrupt."""
        async with self._turn:
            await self._fetch()
            self._stage = Stage.VERIFYING
            await verify(self._path, await self._named_state_root())
            self._stage = Stage.CATCHING_UP
            await self._open()
            async with asyncio.timeout(CATCHING_UP_MS_MAX / 1000):
                while not await self._follow():
                    pass

    async def keep_up(self) -> None:
        """Follow the shard, as long as the task lives."""
        while True:
            await asyncio.sleep(FOLLOW_INTERVAL_MS / 1000)
            async with self._turn:
                await self._follow()

    async def complete(self, block_hash: Hash32) -> None:
        """Come to the shard's last block, take its pool, make all durable. Raises Unavailable, Corrupt."""
        async with self._turn:
            follower = self._followed()
            while follower.header.hash != block_hash:
                if not await self._follow_some():
                    raise Corrupt("its last block isn't the one that the root chain names")
            await self._fetch_pool()
            await self._in_thread(follower.settle)
            await self._close_store()

    async def close(self) -> None:
        """Let go of the database and the thread."""
        async with self._turn:
            await self._close_store()
            self._thread.shutdown(wait=True, cancel_futures=True)

    # --- the snapshot

    async def _fetch(self) -> None:
        await self._in_thread(self._open_store)
        after = b""
        while True:
            rows = await self._ask(ReadRows(self._shard_id, self._move, after), Rows)
            self._total_bytes = rows.total_bytes
            await self._in_thread(self._put, rows.packed)
            if not rows.last:
                break
            after = rows.last

    def _put(self, packed: bytes) -> None:
        batch: Batch = dict(unpack_rows(packed))
        if self._store is not None:
            self._store.write(batch, sync=False)
        self._rows += len(batch)
        self._bytes += len(packed)

    async def _named_state_root(self) -> Hash32:
        """The state root of the copy's last block, after the root chain has confirmed that block."""
        await self._open()
        follower = self._followed()
        epoch, root_hash = follower.root
        answer = await self._ask_master(ReadRootBlock(epoch, b""))
        if not isinstance(answer, Encoded):
            raise Corrupt(f"it is at root block {epoch}, which the root chain doesn't have")
        root = RootBlock.decode(answer.value)
        named = root.hash, root.summaries[self._shard_id].block_hash
        if named != (root_hash, follower.header.hash):
            raise Corrupt(f"its last block isn't the one that root block {epoch} names")
        await self._close_store()
        return follower.header.state_root

    # --- following

    async def _follow(self) -> bool:
        """Follow to where the shard is now; whether that took no longer than a hand-over may."""
        began = time.monotonic()
        while not await self._follow_some():
            pass
        return (time.monotonic() - began) * 1000 <= CLOSE_BEHIND_MS

    async def _follow_some(self) -> bool:
        """Follow by some blocks; whether there are no more at the moment."""
        follower = self._followed()
        question = ReadBlocksAfter(self._shard_id, follower.header.number)
        answer = await self._ask(question, BlocksAfter)
        for encoded in answer.blocks:
            block = ShardBlock.decode(encoded)
            first, last = follower.first_missing(block), block.header.number
            hashes = await self._ask_master(ReadRootHashes(first, last))
            if not isinstance(hashes, RootHashes) or len(hashes.hashes) != last - first + 1:
                raise Corrupt(f"the root chain doesn't have root block {last}")
            await self._in_thread(follower.follow, block, list(map(Hash32, hashes.hashes)))
        return answer.are_all

    async def _fetch_pool(self) -> None:
        self.pool = []
        is_over = False
        while not is_over:
            question = ReadPool(self._shard_id, self._move, len(self.pool))
            part = await self._ask(question, PoolPart)
            self.pool += await self._in_thread(_candidates, part.transactions)
            is_over = part.are_all

    # --- within

    def _followed(self) -> Follower:
        if self._follower is None:
            raise Unavailable("the copy isn't open")
        return self._follower

    async def _open(self) -> None:
        await self._in_thread(self._open_follower)

    def _open_follower(self) -> None:
        self._follower = Follower(self._genesis, self._shard_id, self._open_store())

    def _open_store(self) -> LevelDBStore:
        if self._store is None:
            self._store = LevelDBStore(self._path)
        return self._store

    async def _close_store(self) -> None:
        store, self._store, self._follower = self._store, None, None
        if store is not None:
            await self._in_thread(store.close)

    async def _ask(self, question: Message, kind: type[Answer]) -> Answer:
        answer = await self._ask_source(question)
        if not isinstance(answer, kind):
            raise Corrupt(f"the source answered with {type(answer).__name__}")
        return answer

    async def _in_thread(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """Do something in the copy's thread. Who is cancelled meanwhile waits for its end."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, lambda: work(*arguments))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait((done,))
            raise


def _candidates(pooled: Sequence[PooledTransaction]) -> list[Candidate]:
    return [
        Candidate(
            decode_transaction(each.raw, Recipient(each.sender)),
            ShardKey(each.to_key),
            each.runs_code,
        )
        for each in pooled
    ]
