"""Read-only execution in a slave: calls, estimates and searches, beside the shards and not in their way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from cluster.shard_host import ShardHost
from cluster.shard_queries import read_logs
from quarkparsec.broker.agent import endowment_of
from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.limits import CALL_GAS_MAX, CALL_TIME_MS_MAX, CALLS_WAITING_MAX
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.call import Call, CallResult, HomesNeeded, Purse, call
from quarkparsec.runners.evm.estimate import ExecutionFailed, estimate_gas
from quarkparsec.runners.evm.world import OutOfTime
from quarkparsec.state.journal import Journal
from quarkparsec.types import Epoch, Gas, Hash32, Recipient, ShardKey, Slot, Wei
from quarkparsec.wire import queries
from quarkparsec.wire.queries import CallAnswer

Answer = TypeVar("Answer")
Execution = TypeVar("Execution", queries.ReadOnlyCall, queries.EstimateGas)

CALL_THREADS: Final = 2
"""Calls share one interpreter with the shards; more threads would only take turns more often."""


class Calls:
    """Read-only execution in threads of its own, bounded in number, gas and time."""

    def __init__(self, genesis: Genesis) -> None:
        self._genesis: Final = genesis
        self._threads: Final = ThreadPoolExecutor(CALL_THREADS, "call")
        self._waiting = 0

    async def call(self, host: ShardHost, query: queries.ReadOnlyCall) -> CallAnswer:
        """Run a call on the state of its epoch."""
        return await self._execute(host, query, self._call)

    async def estimate(self, host: ShardHost, query: queries.EstimateGas) -> CallAnswer:
        """Find the least gas that a call needs."""
        return await self._execute(host, query, self._estimate)

    async def search_logs(self, host: ShardHost, query: queries.ReadLogs) -> queries.LogsAnswer:
        """Find logs where it blocks nobody."""
        await host.reached(query.last)
        return await self._in_thread(lambda: read_logs(host, query))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _execute(
        self, host: ShardHost, query: Execution, run: Callable[[ShardHost, Execution], CallAnswer]
    ) -> CallAnswer:
        await host.reached(query.upon.epoch)
        try:
            return await self._in_thread(lambda: run(host, query))
        except HomesNeeded as needed:
            return CallAnswer(b"", 0, "", [], list(needed.recipients))
        except OutOfTime as error:
            raise Rejected("execution aborted (timeout = 2s)") from error

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= CALLS_WAITING_MAX:
            raise Unavailable("too many calls under way")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _call(self, host: ShardHost, query: queries.ReadOnlyCall) -> CallAnswer:
        journal = _journal(host, query)
        block = self._block(host, query.upon)
        return _to_answer(call(journal, _to_call(query.call), block, _deadline()))

    def _estimate(self, host: ShardHost, query: queries.EstimateGas) -> CallAnswer:
        journal = _journal(host, query)
        block = self._block(host, query.upon)
        wanted = _to_call(query.call)
        try:
            gas = estimate_gas(journal, wanted, block, Gas(CALL_GAS_MAX), _deadline())
        except ExecutionFailed as failed:
            return _to_answer(failed.result)
        return CallAnswer(b"", gas, "", [], [])

    def _block(self, host: ShardHost, upon: queries.Surroundings) -> BlockContext:
        return BlockContext(
            chain_id=self._genesis.chain_id,
            number=upon.epoch,
            timestamp=upon.timestamp,
            gas_limit=self._genesis.gas_limit,
            base_fee=Wei(int.from_bytes(upon.base_fee, "big")),
            coinbase=self._genesis.coinbase,
            prevrandao=Hash32(upon.prevrandao),
            block_hash=host.blocks().root_hash,
            fork=self._genesis.fork,
            universal=self._genesis.universal,
        )


def _journal(host: ShardHost, query: Execution) -> Journal:
    view = host.view(Epoch(query.upon.epoch), query.shard_count)
    return Journal(view, view.place)


def _to_call(unsigned: queries.UnsignedCall) -> Call:
    purse = unsigned.purse
    return Call(
        sender=Recipient(unsigned.sender),
        to=Recipient(unsigned.to) if unsigned.to else None,
        to_key=ShardKey(unsigned.to_key),
        gas_limit=Gas(unsigned.gas_limit),
        value=_wei(unsigned.value),
        data=unsigned.data,
        max_fee_per_gas=_wei(unsigned.max_fee_per_gas),
        max_priority_fee_per_gas=_wei(unsigned.max_priority_fee_per_gas),
        access_list=tuple(
            (Recipient(recipient), tuple(map(Slot, slots)))
            for recipient, slots in unsigned.access_list
        ),
        authorizations=tuple(
            Authorization(_wei(chain_id), Recipient(recipient), nonce, parity, _wei(r), _wei(s))
            for chain_id, recipient, nonce, parity, r, s in unsigned.authorizations
        ),
        key=None if unsigned.key is None else ShardKey(unsigned.key),
        purse=None if purse is None else Purse(purse.nonce, _wei(purse.balance)),
        endowments={one.recipient: one for one in map(endowment_of, unsigned.endowments)},
    )


def _to_answer(result: CallResult) -> CallAnswer:
    strangers = list[bytes](result.strangers) if result.error else []
    return CallAnswer(result.output, result.gas_used, result.error or "", strangers, [])


def _wei(encoded: bytes) -> Wei:
    return Wei(int.from_bytes(encoded, "big"))


def _deadline() -> Callable[[], bool]:
    end = time.monotonic() + CALL_TIME_MS_MAX / 1000
    return lambda: time.monotonic() > end
