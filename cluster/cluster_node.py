"""The cluster behind JSON-RPC: answers what `jsonrpc.node.Node` asks by asking slaves and the master.

Every question about state names its epoch, at most the head that this gateway has seen. A slave that has
not come so far waits for it, so an answer never lies behind a block number that a client already saw.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Sequence
from typing import Final, TypeVar

from cluster.admission import Admission
from cluster.identity import Identity
from cluster.remote_calls import RemoteCalls
from cluster.router import Router
from cluster.transaction_search import TransactionSearch
from quarkparsec.chain.block import Entry, RootBlock, ShardBlock
from quarkparsec.chain.log import Log
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.receipt import Receipt
from quarkparsec.codec import rlp
from quarkparsec.errors import QuarkparsecError, Rejected, TooManyResults, Unavailable
from quarkparsec.jsonrpc.node import (
    AccountProof,
    Acknowledged,
    BlockId,
    CallRequest,
    ClusterView,
    FoundLog,
    MinedTransaction,
    ShardStatus,
    SlaveStatus,
    SlotProof,
    TransactionStatus,
)
from quarkparsec.limits import LOG_RESULTS_MAX
from quarkparsec.state.account import Account
from quarkparsec.types import (
    Address,
    Epoch,
    Fingerprint,
    Gas,
    Hash32,
    Nonce,
    Recipient,
    ShardId,
    ShardKey,
    Slot,
    Stage,
    home_key,
)
from quarkparsec.wire import queries
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Encoded, EncodedList, Number

Answer = TypeVar("Answer")


class ClusterNode:
    """A `Node` over a router and an admission."""

    def __init__(
        self, identity: Identity, router: Router, admission: Admission, version: str
    ) -> None:
        self._genesis: Final = identity.genesis
        self._router: Final = router
        self._admission: Final = admission
        self._search: Final = TransactionSearch(router)
        self._calls: Final = RemoteCalls(router)
        self._version: Final = version

    @property
    def chain_id(self) -> int:
        return self._genesis.chain_id

    @property
    def client_version(self) -> str:
        system = f"{platform.system().lower()}-{platform.machine()}"
        return f"QuarkParsec/v{self._version}/{system}/python{platform.python_version()}"

    def entropy(self) -> bytes:
        return os.urandom(32)

    def head(self) -> RootBlock:
        return self._router.root.head()

    def cluster_view(self) -> ClusterView:
        head = self.head()
        shards = []
        for summary in head.summaries:
            slave = self._router.slave_of(summary.shard_id)
            connected = self._router.is_connected(slave)
            shards.append(
                ShardStatus(summary.shard_id, slave, summary.shard_header().number, connected)
            )
        names = sorted(self._router.slaves)
        slaves = tuple(SlaveStatus(name, self._router.is_connected(name)) for name in names)
        return ClusterView(tuple(shards), slaves)

    # --- blocks

    async def root_blocks(self, epochs: Sequence[Epoch]) -> Sequence[RootBlock]:
        return await asyncio.gather(*(self._root_block(epoch) for epoch in epochs))

    async def root_block_by_hash(self, block_hash: Hash32) -> RootBlock | None:
        return await self._router.root.by_hash(block_hash)

    async def shard_blocks(self, blocks: Sequence[BlockId]) -> Sequence[ShardBlock]:
        return await asyncio.gather(*(self._shard_block(block) for block in blocks))

    async def receipts(self, blocks: Sequence[BlockId]) -> Sequence[Sequence[Receipt]]:
        return await asyncio.gather(*(self._receipts(block) for block in blocks))

    # --- transactions and logs

    async def submit(self, raws: Sequence[bytes]) -> Sequence[Acknowledged | QuarkparsecError]:
        return await asyncio.gather(*(self._submit(raw) for raw in raws))

    async def find_transaction(self, transaction_hash: Hash32) -> MinedTransaction | Entry | None:
        found = await self._search.find(transaction_hash)
        if found is None:
            return None
        if not 0 < found.epoch <= self.head().number:
            return Entry.from_item(rlp.decode(found.entry))
        return _mined(found)

    async def transaction_status(self, transaction_hash: Hash32) -> TransactionStatus | None:
        found = await self._search.find_status(transaction_hash)
        if found is None:
            return None
        is_seen = found.epoch <= self.head().number
        return TransactionStatus(
            found.stage if is_seen else min(found.stage, Stage.SEALED),
            ShardId(found.shard_id),
            found.epoch,
            found.fingerprint,
            found.index,
            found.is_queued,
        )

    async def transaction_at(
        self, shard_id: ShardId, fingerprint: Fingerprint
    ) -> MinedTransaction | None:
        query = queries.ReadTransaction(shard_id, fingerprint)
        slave = self._router.slave_of(shard_id)
        answer = await self._router.ask_optional(slave, query, queries.CommittedTransaction)
        return None if answer is None else _mined(answer.found)

    async def logs(self, wanted: LogFilter, first: Epoch, last: Epoch) -> Sequence[FoundLog]:
        shards = range(self.head().shard_count)
        parts = await asyncio.gather(
            *(self._shard_logs(ShardId(shard), wanted, first, last) for shard in shards)
        )
        found = sorted(
            (log for part in parts for log in part),
            key=lambda log: (log.block.epoch, log.block.shard_id, log.log_index),
        )
        if len(found) > LOG_RESULTS_MAX:
            raise TooManyResults(f"query returned more than {LOG_RESULTS_MAX} results")
        return found

    # --- state

    async def address(self, recipient: Recipient) -> Address:
        if self._router.is_everywhere(recipient):
            raise Rejected(f"0x{recipient.hex()} is in every shard and has no shard key")
        return Address(recipient, await self._router.key_of(recipient, home_key(recipient)))

    async def account(
        self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None
    ) -> Account | None:
        shard_id, seen_under = await self._place(recipient, key)
        query = queries.ReadAccount(shard_id, recipient, epoch, seen_under)
        slave = self._router.slave_of(shard_id)
        answer = await self._router.ask_optional(slave, query, Encoded)
        return None if answer is None else Account.decode(answer.value)

    async def code(self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None) -> bytes:
        shard_id, seen_under = await self._place(recipient, key)
        query = queries.ReadCode(shard_id, recipient, epoch, seen_under)
        answer = await self._ask(shard_id, query, Encoded)
        return answer.value

    async def storage(
        self,
        recipient: Recipient,
        slots: Sequence[Slot],
        epoch: Epoch,
        key: ShardKey | None = None,
    ) -> Sequence[int]:
        shard_id, seen_under = await self._place(recipient, key)
        query = queries.ReadStorage(shard_id, recipient, list(slots), epoch, seen_under)
        answer = await self._ask(shard_id, query, queries.Words)
        return [int.from_bytes(value, "big") for value in answer.values]

    async def pending_nonce(self, recipient: Recipient, key: ShardKey | None = None) -> Nonce:
        shard_id, _ = await self._place(recipient, key)
        query = queries.ReadPendingNonce(shard_id, recipient)
        answer = await self._ask(shard_id, query, Number)
        return Nonce(int.from_bytes(answer.value, "big"))

    async def prove(
        self, recipient: Recipient, slots: Sequence[Slot], key: ShardKey | None = None
    ) -> AccountProof:
        shard_id, seen_under = await self._place(recipient, key)
        query = queries.Prove(shard_id, recipient, list(slots))
        answer = await self._ask(shard_id, query, queries.ProofAnswer)
        account = Account.decode(answer.account) if answer.account else None
        if account is not None and seen_under not in (None, account.shard_key):
            raise Rejected(
                f"nothing to prove under key {seen_under:#010x}: "
                f"0x{recipient.hex()} has key {account.shard_key:#010x} in shard {shard_id}"
            )
        proofs = tuple(
            SlotProof(slot, int.from_bytes(value, "big"), tuple(nodes))
            for slot, (value, nodes) in zip(slots, answer.slots, strict=True)
        )
        return AccountProof(account, tuple(answer.account_proof), proofs)

    # --- execution

    async def call(self, request: CallRequest, epoch: Epoch) -> bytes:
        return await self._calls.call(request, epoch)

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        return await self._calls.estimate_gas(request, epoch)

    # --- within

    async def _place(
        self, recipient: Recipient, key: ShardKey | None
    ) -> tuple[ShardId, ShardKey | None]:
        """The shard to ask about a recipient, and the key under which to look at its entry there."""
        if key is None:
            return await self._router.shard_of_recipient(recipient), None
        everywhere = self._router.is_everywhere(recipient)
        return self._router.shard_of_key(key), None if everywhere else key

    async def _ask(self, shard_id: ShardId, query: Message, kind: type[Answer]) -> Answer:
        return await self._router.ask(self._router.slave_of(shard_id), query, kind)

    async def _root_block(self, epoch: Epoch) -> RootBlock:
        block = await self._router.root.by_number(epoch)
        if block is None:
            raise Unavailable(f"root block {epoch} can't be had")
        return block

    async def _shard_block(self, block: BlockId) -> ShardBlock:
        query = queries.ReadBlock(block.shard_id, block.epoch)
        answer = await self._ask(block.shard_id, query, Encoded)
        return ShardBlock.decode(answer.value)

    async def _receipts(self, block: BlockId) -> Sequence[Receipt]:
        query = queries.ReadReceipts(block.shard_id, block.epoch)
        answer = await self._ask(block.shard_id, query, EncodedList)
        return [Receipt.decode_stored(value) for value in answer.values]

    async def _submit(self, raw: bytes) -> Acknowledged | QuarkparsecError:
        try:
            return await self._admission.submit(raw)
        except QuarkparsecError as error:
            return error

    async def _shard_logs(
        self, shard_id: ShardId, wanted: LogFilter, first: Epoch, last: Epoch
    ) -> list[FoundLog]:
        query = queries.ReadLogs(
            shard_id,
            first,
            last,
            sorted(wanted.recipients),
            [sorted(topics or ()) for topics in wanted.topics],
            LOG_RESULTS_MAX + 1,
        )
        answer = await self._ask(shard_id, query, queries.LogsAnswer)
        return [_found_log(shard_id, found) for found in answer.logs]


def _mined(found: queries.FoundTransaction) -> MinedTransaction:
    block = BlockId(ShardId(found.shard_id), Epoch(found.epoch))
    entry = Entry.from_item(rlp.decode(found.entry))
    receipt = Receipt.decode_stored(found.receipt)
    return MinedTransaction(block, found.index, found.first_log_index, entry, receipt)


def _found_log(shard_id: ShardId, found: queries.FoundLog) -> FoundLog:
    return FoundLog(
        BlockId(shard_id, Epoch(found.epoch)),
        found.transaction_index,
        found.log_index,
        Hash32(found.transaction_hash),
        Log(Recipient(found.recipient), tuple(map(Hash32, found.topics)), found.data),
    )
