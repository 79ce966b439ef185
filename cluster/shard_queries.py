"""What a slave answers about one of its shards, from snapshots, while the shard goes on working."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from cluster.shard_host import ShardHost
from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.block import Entry
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.codec.rlp import scalar_bytes
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.limits import CALL_GAS_MAX, CALL_TIME_MS_MAX, CALLS_WAITING_MAX
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.call import Call, call
from quarkparsec.runners.evm.estimate import ExecutionFailed, estimate_gas
from quarkparsec.runners.evm.world import OutOfTime
from quarkparsec.shard.log_search import find_logs
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import FOREIGN_STUB, FOREIGN_STUB_HASH, seen_under
from quarkparsec.state.journal import Journal
from quarkparsec.types import Epoch, Gas, Hash32, Recipient, ShardKey, Slot, Wei
from quarkparsec.wire import queries
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import CallAnswer, Encoded, EncodedList, Nothing, Number

Answer = TypeVar("Answer")

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
        await host.reached(query.upon.epoch)
        return await self._in_thread(lambda: self._call(host, query))

    async def estimate(self, host: ShardHost, query: queries.EstimateGas) -> CallAnswer:
        """Find the least gas that a call needs."""
        await host.reached(query.upon.epoch)
        return await self._in_thread(lambda: self._estimate(host, query))

    async def search_logs(self, host: ShardHost, query: queries.ReadLogs) -> queries.LogsAnswer:
        """Find logs where it blocks nobody."""
        await host.reached(query.last)
        return await self._in_thread(lambda: read_logs(host, query))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= CALLS_WAITING_MAX:
            raise Unavailable("too many calls under way")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _call(self, host: ShardHost, query: queries.ReadOnlyCall) -> CallAnswer:
        journal = self._journal(host, query.upon.epoch)
        block = self._block(host, query.upon)
        try:
            result = call(journal, _to_call(query.call), block, _deadline())
        except OutOfTime as error:
            raise Rejected("execution aborted (timeout = 2s)") from error
        return CallAnswer(result.output, result.gas_used, result.error or "")

    def _estimate(self, host: ShardHost, query: queries.EstimateGas) -> CallAnswer:
        journal = self._journal(host, query.upon.epoch)
        block = self._block(host, query.upon)
        try:
            gas = estimate_gas(
                journal, _to_call(query.call), block, Gas(CALL_GAS_MAX), _deadline()
            )
        except ExecutionFailed as failed:
            result = failed.result
            return CallAnswer(result.output, result.gas_used, result.error or "")
        except OutOfTime as error:
            raise Rejected("execution aborted (timeout = 2s)") from error
        return CallAnswer(b"", gas, "")

    def _journal(self, host: ShardHost, epoch: int) -> Journal:
        return Journal(host.state.view(Epoch(epoch)), host.shard_id, host.state.shard_count)

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


def admit(host: ShardHost, submission: queries.Submission) -> str:
    """Put a transaction into the pool; "" or why not."""
    sender = Recipient(submission.sender)
    try:
        host.admit(decode_transaction(submission.raw, sender), ShardKey(submission.to_key))
    except Rejected as refusal:
        return str(refusal)
    return ""


async def read_account(host: ShardHost, query: queries.ReadAccount) -> Encoded | Nothing:
    await host.reached(query.epoch)
    account = _seen(host, query)
    return Nothing() if account is None else Encoded(account.encode())


async def read_code(host: ShardHost, query: queries.ReadCode) -> Encoded:
    await host.reached(query.epoch)
    account = _seen(host, query)
    if account is None or not account.has_code:
        return Encoded(b"")
    if account.code_hash == FOREIGN_STUB_HASH:
        return Encoded(FOREIGN_STUB)
    return Encoded(host.state.view(Epoch(query.epoch)).code(account.code_hash))


async def read_storage(host: ShardHost, query: queries.ReadStorage) -> queries.Words:
    await host.reached(query.epoch)
    account = _seen(host, query)
    if account is None or account.storage_root == EMPTY_TRIE_ROOT:
        return queries.Words([b""] * len(query.slots))
    view, recipient = host.state.view(Epoch(query.epoch)), Recipient(query.recipient)
    return queries.Words(
        [scalar_bytes(view.storage(recipient, Slot(slot))) for slot in query.slots]
    )


def _seen(
    host: ShardHost, query: queries.ReadAccount | queries.ReadCode | queries.ReadStorage
) -> Account | None:
    """The entry that is asked for, as the key of the question sees it."""
    account = host.state.view(Epoch(query.epoch)).account(Recipient(query.recipient))
    key = None if query.key is None else ShardKey(query.key)
    return None if account is None else seen_under(key, account)


async def read_pending_nonce(host: ShardHost, query: queries.ReadPendingNonce) -> Number:
    recipient = Recipient(query.recipient)
    pending = host.machine.pool.pending_nonce(recipient)
    if pending is not None:
        return Number(scalar_bytes(pending))
    account = host.state.view().account(recipient)
    return Number(scalar_bytes(account.nonce if account else 0))


async def prove(host: ShardHost, query: queries.Prove) -> queries.ProofAnswer:
    proof = host.state.prove(Recipient(query.recipient), [Slot(slot) for slot in query.slots])
    account = b"" if proof.account is None else proof.account.encode()
    slots = [(scalar_bytes(word), nodes) for word, nodes in proof.slots]
    return queries.ProofAnswer(account, proof.nodes, slots)


def find_transaction(
    host: ShardHost, transaction_hash: Hash32
) -> queries.FoundTransaction | Nothing:
    blocks = host.blocks()
    place = blocks.place(transaction_hash)
    found = blocks.transaction(place) if place is not None else None
    if place is not None and found is not None:
        return queries.FoundTransaction(
            host.shard_id,
            place.epoch,
            place.position,
            found.logs_before,
            found.entry.encode(),
            found.receipt.encode_stored(),
        )
    pooled = host.machine.pool.find(transaction_hash)
    if pooled is None:
        return Nothing()
    return queries.FoundTransaction(
        host.shard_id,
        0,
        0,
        0,
        Entry(pooled.transaction.raw, pooled.transaction.sender, pooled.candidate.to_key).encode(),
        b"",
    )


async def read_block(host: ShardHost, query: queries.ReadBlock) -> Encoded | Nothing:
    await host.reached(query.epoch)
    block = host.blocks().block(Epoch(query.epoch))
    return Nothing() if block is None else Encoded(block.encode())


async def read_receipts(host: ShardHost, query: queries.ReadReceipts) -> EncodedList:
    await host.reached(query.epoch)
    receipts = host.blocks().receipts(Epoch(query.epoch))
    return EncodedList([receipt.encode_stored() for receipt in receipts])


def read_logs(host: ShardHost, query: queries.ReadLogs) -> queries.LogsAnswer:
    topics = tuple(frozenset(map(Hash32, choices)) or None for choices in query.topics)
    wanted = LogFilter(frozenset(map(Recipient, query.recipients)), topics)
    reader = host.store.snapshot()
    found = find_logs(reader, Epoch(query.first), Epoch(query.last), wanted)
    return queries.LogsAnswer(
        [
            queries.FoundLog(
                one.place.epoch,
                one.place.position,
                one.position,
                one.transaction_hash,
                one.log.recipient,
                list(one.log.topics),
                one.log.data,
            )
            for one in found
        ]
    )


READS: Final[dict[type, Callable[[ShardHost, Any], Awaitable[Message]]]] = {
    queries.ReadAccount: read_account,
    queries.ReadCode: read_code,
    queries.ReadStorage: read_storage,
    queries.ReadPendingNonce: read_pending_nonce,
    queries.Prove: prove,
    queries.ReadBlock: read_block,
    queries.ReadReceipts: read_receipts,
}
"""What is answered by a few reads, on the event loop itself."""


def _to_call(unsigned: queries.UnsignedCall) -> Call:
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
    )


def _wei(encoded: bytes) -> Wei:
    return Wei(int.from_bytes(encoded, "big"))


def _deadline() -> Callable[[], bool]:
    end = time.monotonic() + CALL_TIME_MS_MAX / 1000
    return lambda: time.monotonic() > end
