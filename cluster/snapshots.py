"""What a slave answers while a shard of its own is copied elsewhere; the shard goes on working.

The rows are read from a snapshot of the database, which doesn't change and costs nothing but that the database
keeps what was overwritten since. So it has an end: who doesn't go on reading for a while has to begin anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from cluster.leveldb import LevelDBReader
from cluster.shard_host import ShardHost
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.limits import (
    COPIED_BLOCKS_BYTES_MAX,
    COPIED_ROWS_BYTES,
    SNAPSHOT_IDLE_MS,
)
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.copies import (
    BlocksAfter,
    CopyQuestion,
    PooledTransaction,
    PoolPart,
    ReadBlocksAfter,
    ReadPool,
    ReadRows,
    Row,
    Rows,
    pack_rows,
)
from quarkparsec.wire.moves import MoveId

Answer = TypeVar("Answer")
_END: Final = b"\xff"
"""After every key."""


class _Snapshot(NamedTuple):
    shard_id: ShardId
    move: MoveId
    reader: LevelDBReader
    total_bytes: int


class Snapshots:
    """Answers those who make copies. There is one snapshot at most, that of the last move."""

    def __init__(self) -> None:
        self._thread: Final = ThreadPoolExecutor(1, "snapshot")
        self._snapshot: _Snapshot | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def answer(
        self, host: ShardHost, question: CopyQuestion
    ) -> Rows | BlocksAfter | PoolPart:
        """Answer one question about a shard. Raises Unavailable."""
        match question:
            case ReadRows():
                return await self._rows(host, question)
            case ReadBlocksAfter():
                blocks = host.blocks()
                epoch = Epoch(question.epoch)
                return await self._in_thread(lambda: _blocks_after(blocks, epoch))
            case ReadPool():
                return _pool_part(host, question)

    def drop(self) -> None:
        """Let go of the snapshot."""
        if self._timer is not None:
            self._timer.cancel()
        self._snapshot = self._timer = None

    def close(self) -> None:
        """Answer no more."""
        self.drop()
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _rows(self, host: ShardHost, question: ReadRows) -> Rows:
        self._keep_for_a_while()
        if not question.after:
            await host.joined()
            reader, total_bytes = host.store.snapshot(), host.store.size_bytes()
            self._snapshot = _Snapshot(host.shard_id, question.move, reader, total_bytes)
        snapshot = self._snapshot
        asked = host.shard_id, question.move
        if snapshot is None or (snapshot.shard_id, snapshot.move) != asked:
            raise Unavailable(f"the snapshot of shard {host.shard_id} is gone")
        return await self._in_thread(lambda: _rows_after(snapshot, question.after))

    def _keep_for_a_while(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SNAPSHOT_IDLE_MS / 1000, self.drop)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _rows_after(snapshot: _Snapshot, after: bytes) -> Rows:
    found: list[Row] = []
    size_bytes = 0
    for key, value in snapshot.reader.scan(after + b"\x00" if after else b"", _END):
        found.append((key, value))
        size_bytes += len(key) + len(value)
        if size_bytes >= COPIED_ROWS_BYTES:
            return Rows(pack_rows(found), key, snapshot.total_bytes)
    return Rows(pack_rows(found), b"", snapshot.total_bytes)


def _blocks_after(blocks: BlockStore, epoch: Epoch) -> BlocksAfter:
    encoded: list[bytes] = []
    size_bytes = 0
    for number in blocks.epochs_after(epoch):
        if size_bytes >= COPIED_BLOCKS_BYTES_MAX:
            return BlocksAfter(encoded, are_all=False)
        block = blocks.block(number)
        if block is None:
            raise InvalidInput(f"there is no block {number}")
        encoded.append(block.encode())
        size_bytes += len(encoded[-1])
    return BlocksAfter(encoded, are_all=True)


def _pool_part(host: ShardHost, question: ReadPool) -> PoolPart:
    if not host.is_shut:
        raise Unavailable(f"the pool of shard {host.shard_id} isn't closed")
    transactions: list[PooledTransaction] = []
    size_bytes = 0
    waiting = host.machine.pool.waiting()[question.position :]
    for pooled in waiting:
        if size_bytes >= COPIED_BLOCKS_BYTES_MAX:
            return PoolPart(transactions, are_all=False)
        transaction, to_key, runs_code = pooled.candidate
        transactions.append(
            PooledTransaction(transaction.raw, transaction.sender, to_key, runs_code)
        )
        size_bytes += len(transaction.raw)
    return PoolPart(transactions, are_all=True)
