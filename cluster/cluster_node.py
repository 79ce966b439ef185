"""The cluster behind JSON-RPC: answers what `jsonrpc.node.Node` asks by asking slaves and the master.

Every question about state names its epoch, at most the head that this gateway has seen. A slave that has
not come so far waits for it, so an answer never lies behind a block number that a client already saw.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Sequence
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
from quarkparsec.errors import (
    InvalidInput,
    QuarkparsecError,
    Rejected,
    TooManyResults,
    Unavailable,
)
from quarkparsec.jsonrpc.node import (
    AccountProof,
    Acknowledged,
    BlockId,
    CallRequest,
    ClusterView,
    FoundLog,
    MinedTransaction,
    ShardLoad,
    ShardStatus,
    SlaveStatus,
    SlotProof,
    TransactionStatus,
)
from quarkparsec.limits import LOAD_BLOCKS, LOG_RESULTS_MAX
from quarkparsec.root.split import swept_percent
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
from quarkparsec.wire.operations import Moves, Operation, Reshard, Resharded
from quarkparsec.wire.queries import Encoded, EncodedList, KeyQuestion, Number

Answer = TypeVar("Answer")


class ClusterNode:
    """An `Operator` over a router and an admission."""

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
        head, slaves = self.head(), self._router.slaves
        shards = []
        for summary in head.summaries:
            slave = slaves.holder(summary.shard_id)
            connected = slaves.is_connected(slave)
            number, swept = summary.shard_header().number, swept_percent(summary.sweep)
            shards.append(ShardStatus(summary.shard_id, slave, number, connected, swept))
        statuses = (SlaveStatus(name, slaves.is_connected(name)) for name in sorted(slaves.names))
        return ClusterView(tuple(shards), tuple(statuses))

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
        answer = await self._router.find_in_shard(query, queries.CommittedTransaction)
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
        place, seen_under = await self._place(recipient, key)

        def question(shard_id: ShardId, shard_count: int) -> queries.ReadAccount:
            return queries.ReadAccount(shard_id, shard_count, recipient, epoch, seen_under)

        answer = await self._router.ask_at(place, question, Encoded)
        return None if answer is None else Account.decode(answer.value)

    async def code(self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None) -> bytes:
        place, seen_under = await self._place(recipient, key)

        def question(shard_id: ShardId, shard_count: int) -> queries.ReadCode:
            return queries.ReadCode(shard_id, shard_count, recipient, epoch, seen_under)

        return (await self._ask_at(place, question, Encoded)).value

    async def storage(
        self,
        recipient: Recipient,
        slots: Sequence[Slot],
        epoch: Epoch,
        key: ShardKey | None = None,
    ) -> Sequence[int]:
        place, seen_under = await self._place(recipient, key)

        def question(shard_id: ShardId, shard_count: int) -> queries.ReadStorage:
            return queries.ReadStorage(
                shard_id, shard_count, recipient, list(slots), epoch, seen_under
            )

        answer = await self._ask_at(place, question, queries.Words)
        return [int.from_bytes(value, "big") for value in answer.values]

    async def pending_nonce(self, recipient: Recipient, key: ShardKey | None = None) -> Nonce:
        place, _ = await self._place(recipient, key)

        def question(shard_id: ShardId, shard_count: int) -> queries.ReadPendingNonce:
            return queries.ReadPendingNonce(shard_id, shard_count, recipient)

        answer = await self._ask_at(place, question, Number)
        return Nonce(int.from_bytes(answer.value, "big"))

    async def prove(
        self, recipient: Recipient, slots: Sequence[Slot], key: ShardKey | None = None
    ) -> AccountProof:
        place, seen_under = await self._place(recipient, key)

        def question(shard_id: ShardId, shard_count: int) -> queries.Prove:
            return queries.Prove(shard_id, shard_count, recipient, list(slots))

        answer = await self._ask_at(place, question, queries.ProofAnswer)
        account = Account.decode(answer.account) if answer.account else None
        if self._router.is_everywhere(recipient):
            seen_under = None
        if account is not None and seen_under not in (None, account.shard_key):
            raise Rejected(
                f"nothing to prove under key {seen_under:#010x}: "
                f"0x{recipient.hex()} has key {account.shard_key:#010x} in its shard"
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

    # --- operators

    async def reshard(self, shard_count: int) -> Epoch:
        answer = await self._router.root.ask(Reshard(shard_count))
        if not isinstance(answer, Resharded):
            raise InvalidInput(f"the master answered with {type(answer).__name__}")
        return Epoch(answer.epoch)

    async def operate(self, operation: Operation) -> Moves:
        answer = await self._router.root.ask(operation)
        if not isinstance(answer, Moves):
            raise InvalidInput(f"the master answered with {type(answer).__name__}")
        return answer

    async def loads(self) -> Sequence[ShardLoad]:
        head = self.head()
        first = max(1, head.number - LOAD_BLOCKS + 1)
        blocks = await self.root_blocks([Epoch(each) for each in range(first, head.number + 1)])
        transactions = [0] * head.shard_count
        for block in blocks:
            for shard_id in block.participants:
                transactions[shard_id] += block.summaries[shard_id].transaction_count
        sizes = await asyncio.gather(
            *(self._size(ShardId(shard)) for shard in range(head.shard_count))
        )
        return [ShardLoad(*each) for each in zip(transactions, sizes, strict=True)]

    # --- within

    async def _size(self, shard_id: ShardId) -> int:
        try:
            answer = await self._router.ask_shard(queries.ReadSize(shard_id), Number)
        except Unavailable:
            return 0
        return int.from_bytes(answer.value, "big")

    async def _place(
        self, recipient: Recipient, key: ShardKey | None
    ) -> tuple[ShardKey, ShardKey | None]:
        """The key in whose shard to ask about a recipient, and the one under which to look at its entry there."""
        if key is None:
            return await self._router.key_of(recipient, home_key(recipient)), None
        return key, key

    async def _ask_at(
        self, key: ShardKey, question: Callable[[ShardId, int], KeyQuestion], kind: type[Answer]
    ) -> Answer:
        answer = await self._router.ask_at(key, question, kind)
        if answer is None:
            raise Unavailable("a shard doesn't have what it must have")
        return answer

    async def _root_block(self, epoch: Epoch) -> RootBlock:
        block = await self._router.root.by_number(epoch)
        if block is None:
            raise Unavailable(f"root block {epoch} can't be had")
        return block

    async def _shard_block(self, block: BlockId) -> ShardBlock:
        query = queries.ReadBlock(block.shard_id, block.epoch)
        answer = await self._router.ask_shard(query, Encoded)
        return ShardBlock.decode(answer.value)

    async def _receipts(self, block: BlockId) -> Sequence[Receipt]:
        query = queries.ReadReceipts(block.shard_id, block.epoch)
        answer = await self._router.ask_shard(query, EncodedList)
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
        answer = await self._router.ask_shard(query, queries.LogsAnswer)
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
