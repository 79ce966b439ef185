"""The way in for signed transactions: decode and recover in threads, then to the sender's shard.

Transactions that arrive together travel together: one hand-over to the thread pool and one message a
slave for many of them. libsecp256k1 runs outside the interpreter lock, so two threads recover senders
while the event loop serves others.

One that arrives at a shard that was split meanwhile comes back, and is sent on its way again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from cluster.router import Arrangement, Router, Target
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.errors import QuarkparsecError, Rejected, Unavailable
from quarkparsec.jsonrpc.node import Acknowledged
from quarkparsec.limits import ADMISSION_BATCH_MAX, ADMISSION_QUEUE_MAX, ADMISSION_THREADS
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.queries import Admit, Admitted, Submission


class _Waiting(NamedTuple):
    raw: bytes
    verdict: asyncio.Future[Acknowledged]


class _Decoded(NamedTuple):
    waiting: _Waiting
    transaction: Transaction


class _Routed(NamedTuple):
    decoded: _Decoded
    target: Target
    shard_id: ShardId

    def to_submission(self) -> Submission:
        transaction = self.decoded.transaction
        return Submission(self.shard_id, transaction.raw, transaction.sender, *self.target)


class Admission:
    """Takes raw transactions and acknowledges them, or answers with the reason against them."""

    def __init__(self, router: Router) -> None:
        self._router: Final = router
        self._threads: Final = ThreadPoolExecutor(ADMISSION_THREADS, "recover")
        self._queue: Final[list[_Waiting]] = []
        self._batches: Final[set[asyncio.Task[None]]] = set()

    async def submit(self, raw: bytes) -> Acknowledged:
        """Put one transaction into its shard's pool. Raises InvalidInput, Rejected, Unavailable."""
        if len(self._queue) >= ADMISSION_QUEUE_MAX:
            raise Unavailable("too many transactions are being admitted")
        verdict: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(raw, verdict))
        self._start_batch()
        return await verdict

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start_batch(self) -> None:
        if self._queue and len(self._batches) < ADMISSION_THREADS:
            task = asyncio.get_running_loop().create_task(self._admit_batch())
            self._batches.add(task)
            task.add_done_callback(self._batch_done)

    def _batch_done(self, task: asyncio.Task[None]) -> None:
        self._batches.discard(task)
        self._start_batch()

    async def _admit_batch(self) -> None:
        batch = self._queue[:ADMISSION_BATCH_MAX]
        del self._queue[:ADMISSION_BATCH_MAX]
        try:
            remaining = await self._decode(batch)
            while remaining:
                known = self._router.arrangement
                remaining = await self._send_all(await self._route(remaining), known)
                if remaining:
                    await self._router.rearranged(known)
        except QuarkparsecError as error:
            _fail(batch, error)
        finally:
            _fail(
                batch, Unavailable("the transaction could not be admitted")
            )  # whoever still waits

    async def _decode(self, batch: Sequence[_Waiting]) -> list[_Decoded]:
        loop = asyncio.get_running_loop()
        raws = [waiting.raw for waiting in batch]
        decoded = await loop.run_in_executor(self._threads, _decode_all, raws)
        valid = []
        for waiting, transaction in zip(batch, decoded, strict=True):
            if isinstance(transaction, QuarkparsecError):
                _fail((waiting,), transaction)
            else:
                valid.append(_Decoded(waiting, transaction))
        return valid

    async def _route(self, batch: Sequence[_Decoded]) -> list[_Routed]:
        targets = await self._router.targets_of([each.transaction for each in batch])
        return [
            _Routed(each, target, self._router.origin_of(each.transaction))
            for each, target in zip(batch, targets, strict=True)
        ]

    async def _send_all(
        self, routed: Sequence[_Routed], arrangement: Arrangement
    ) -> list[_Decoded]:
        """Send each to its shard; those that must be sent again."""
        by_slave: dict[str, list[_Routed]] = {}
        for one in routed:
            by_slave.setdefault(self._router.slaves.holder(one.shard_id), []).append(one)
        returned = await asyncio.gather(
            *(self._send(slave, some, arrangement) for slave, some in by_slave.items())
        )
        return [one for some in returned for one in some]

    async def _send(
        self, slave: str, routed: Sequence[_Routed], arrangement: Arrangement
    ) -> list[_Decoded]:
        try:
            message = Admit(arrangement.shard_count, [one.to_submission() for one in routed])
            answer = await self._router.slaves.ask(slave, message, Admitted)
        except QuarkparsecError as error:
            _fail([one.decoded.waiting for one in routed], error)
            return []
        verdicts = list(zip(routed, answer.verdicts, strict=True))
        acks = {each: ack for ack in answer.acks for each in ack.hashes}
        for one, verdict in verdicts:
            self._tell(one, verdict, acks.get(one.decoded.transaction.hash))
        return [one.decoded for one, verdict in verdicts if verdict is None]

    def _tell(self, routed: _Routed, verdict: str | None, ack: TransactionAck | None) -> None:
        waiting, transaction = routed.decoded
        if verdict is None or waiting.verdict.done():
            return
        if verdict or ack is None:
            waiting.verdict.set_exception(Rejected(verdict))
        else:
            self._router.remember(transaction, routed.target)
            waiting.verdict.set_result(_acknowledged(transaction.hash, ack))


def _acknowledged(transaction_hash: Hash32, ack: TransactionAck) -> Acknowledged:
    shard_id = ShardId(ack.worker)
    return Acknowledged(transaction_hash, ack.epoch, ack.epoch_start, shard_id, ack.stage)


def _decode_all(raws: Sequence[bytes]) -> list[Transaction | QuarkparsecError]:
    decoded: list[Transaction | QuarkparsecError] = []
    for raw in raws:
        try:
            decoded.append(decode_transaction(raw))
        except QuarkparsecError as error:
            decoded.append(error)
    return decoded


def _fail(batch: Sequence[_Waiting], error: QuarkparsecError) -> None:
    for waiting in batch:
        if not waiting.verdict.done():
            waiting.verdict.set_exception(error)
