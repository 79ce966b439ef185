"""A cluster without a network: real transactions, receipts and blocks behind the Node protocol.

Nothing is executed: whoever seals an epoch says what each transaction did. Everything else (hashes, blooms,
cumulative gas, summaries, lookups) is computed from that by the code of the chain itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from eth_account import Account as Wallet

from quarkparsec.chain.block import Entry, RootBlock, ShardBlock, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM, bloom, union
from quarkparsec.chain.fees import base_fee_after, effective_gas_price
from quarkparsec.chain.header import Header
from quarkparsec.chain.legs import NO_LEGS
from quarkparsec.chain.log import Log
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import QuarkparsecError, Rejected, TooManyResults
from quarkparsec.jsonrpc.key_node import KeyNode
from quarkparsec.jsonrpc.method import Client, Cost, Method
from quarkparsec.jsonrpc.methods.table import METHODS
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
from quarkparsec.jsonrpc.service import Service
from quarkparsec.limits import LOG_RESULTS_MAX
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import FOREIGN_STUB, seen_under
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
    Wei,
    home_key,
    shard_of,
)
from tests.jsonrpc.headers import GWEI, SHARD_COUNT, root_block, shard_header

CHAIN_ID = 20803
ALICE = Wallet.from_key(keccak(b"alice"))
BOB = Recipient(bytes.fromhex("b0" * 20))
TOKEN = Recipient(bytes.fromhex("70" * 20))
EVERYWHERE = Recipient(bytes.fromhex("e0" * 20))
"""In every shard."""
TRANSFER = keccak(b"Transfer(address,address,uint256)")


class Did(NamedTuple):
    """What a transaction did when its epoch was sealed."""

    raw: bytes
    gas_used: int = 21_000
    status: int = 1
    logs: tuple[Log, ...] = ()
    contract: Recipient | None = None


def sign(**fields: Any) -> bytes:
    """A transaction of Alice's; type 2 to Bob unless `fields` say otherwise. None leaves a field out."""
    transaction: dict[str, Any] = {"chainId": CHAIN_ID, "to": BOB, "gas": 21_000, "nonce": 0}
    transaction |= {"value": 1, "maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": 2 * GWEI}
    if "gasPrice" in fields:
        del transaction["maxFeePerGas"], transaction["maxPriorityFeePerGas"]
    transaction |= fields
    optional = {name: value for name, value in transaction.items() if value is not None}
    return bytes(ALICE.sign_transaction(optional).raw_transaction)


def transfer_log(amount: int = 7, token: Recipient = TOKEN) -> Log:
    """An ERC-20 transfer from nobody to Bob."""
    topics = (TRANSFER, Hash32(bytes(32)), Hash32(bytes(12) + BOB))
    return Log(token, topics, amount.to_bytes(32, "big"))


class MemoryCluster:
    """A Node whose slaves are dicts."""

    chain_id = CHAIN_ID
    client_version = "QuarkParsec/v0.1.0/test"

    def __init__(self) -> None:
        summaries = [
            ShardSummary(ShardId(i), shard_header(0, 0, ()).encode(), 0, 0, Wei(0), Wei(0), ())
            for i in range(SHARD_COUNT)
        ]
        self.roots = [root_block(None, summaries, (), EMPTY_BLOOM)]
        self.blocks: dict[BlockId, ShardBlock] = {}
        self.block_receipts: dict[BlockId, list[Receipt]] = {}
        self.mined: dict[Hash32, MinedTransaction] = {}
        self.waiting: dict[Hash32, Entry] = {}
        self.on_the_way: dict[Hash32, TransactionStatus] = {}
        """What is said of those that are neither in a pool nor in a block."""
        self.accounts: dict[Recipient, Account] = {}
        self.codes: dict[Recipient, bytes] = {}
        self.slots: dict[tuple[Recipient, Slot], int] = {}
        self.calls: list[tuple[CallRequest, Epoch]] = []
        self.outcome: bytes | Exception = b""
        self.submitted: list[list[bytes]] = []

    # --- what happens in the cluster

    def seal(self, shards: Mapping[int, Sequence[Did]]) -> RootBlock:
        """Commit an epoch in which some shards take part."""
        parent = self.roots[-1]
        epoch = Epoch(len(self.roots))
        summaries = [summary.carried_over() for summary in parent.summaries]
        blooms = []
        for shard_id, done in sorted(shards.items()):
            header = self._seal_shard(BlockId(ShardId(shard_id), epoch), done)
            blooms.append(header.logs_bloom)
            log_count = sum(len(each.logs) for each in done)
            tips = Wei(sum(self._tip(each) for each in done))
            summaries[shard_id] = ShardSummary(
                ShardId(shard_id), header.encode(), len(done), log_count, tips, Wei(0), ()
            )
        participants = tuple(map(ShardId, sorted(shards)))
        self.roots.append(root_block(parent, summaries, participants, union(blooms)))
        return self.roots[-1]

    def _seal_shard(self, block_id: BlockId, done: Sequence[Did]) -> Header:
        receipts: list[Receipt] = []
        entries: list[Entry] = []
        gas = logs = 0
        for index, each in enumerate(done):
            transaction = decode_transaction(each.raw)
            gas += each.gas_used
            receipts.append(self._receipt(transaction, each, gas))
            key = home_key(transaction.to or transaction.sender)
            entries.append(Entry(each.raw, transaction.sender, key))
            self.waiting.pop(transaction.hash, None)
            self.mined[transaction.hash] = MinedTransaction(
                block_id, index, logs, entries[-1], receipts[-1]
            )
            logs += len(each.logs)
        header = shard_header(block_id.epoch, gas, [log for each in done for log in each.logs])
        self.blocks[block_id] = ShardBlock(header, tuple(entries), NO_LEGS, Wei(0))
        self.block_receipts[block_id] = receipts
        return header

    def _receipt(self, transaction: Transaction, done: Did, cumulative_gas: int) -> Receipt:
        return Receipt(
            transaction.type,
            done.status,
            Gas(cumulative_gas),
            bloom(done.logs),
            done.logs,
            Gas(done.gas_used),
            effective_gas_price(transaction, base_fee_after(self.roots[-1].header)),
            done.contract,
        )

    def _tip(self, done: Did) -> int:
        base_fee = base_fee_after(self.roots[-1].header)
        return done.gas_used * (
            effective_gas_price(decode_transaction(done.raw), base_fee) - base_fee
        )

    # --- the Node protocol

    def entropy(self) -> bytes:
        return keccak(b"entropy")

    def head(self) -> RootBlock:
        return self.roots[-1]

    def cluster_view(self) -> ClusterView:
        shards = [
            ShardStatus(ShardId(i), f"slave-{i % 2}", self.head().number, True, 100)
            for i in range(SHARD_COUNT)
        ]
        slaves = (SlaveStatus("slave-0", True), SlaveStatus("slave-1", False))
        return ClusterView(tuple(shards), slaves)

    async def root_blocks(self, epochs: Sequence[Epoch]) -> Sequence[RootBlock]:
        return [self.roots[epoch] for epoch in epochs]

    async def root_block_by_hash(self, block_hash: Hash32) -> RootBlock | None:
        return next((block for block in self.roots if block.hash == block_hash), None)

    async def shard_blocks(self, blocks: Sequence[BlockId]) -> Sequence[ShardBlock]:
        return [self.blocks[block_id] for block_id in blocks]

    async def receipts(self, blocks: Sequence[BlockId]) -> Sequence[Sequence[Receipt]]:
        return [self.block_receipts[block_id] for block_id in blocks]

    async def submit(self, raws: Sequence[bytes]) -> Sequence[Acknowledged | QuarkparsecError]:
        self.submitted.append(list(raws))
        return [self._admit(raw) for raw in raws]

    def _admit(self, raw: bytes) -> Acknowledged | QuarkparsecError:
        try:
            transaction = decode_transaction(raw)
        except QuarkparsecError as error:
            return error
        if transaction.hash in self.waiting:
            return Rejected("already known")
        key = home_key(transaction.sender)
        self.waiting[transaction.hash] = Entry(raw, transaction.sender, key)
        start = self.head().header.timestamp
        return Acknowledged(
            transaction.hash, self._next_epoch(), start, self._home_of(transaction), Stage.ADMITTED
        )

    async def find_transaction(self, transaction_hash: Hash32) -> MinedTransaction | Entry | None:
        return self.mined.get(transaction_hash) or self.waiting.get(transaction_hash)

    async def transaction_status(self, transaction_hash: Hash32) -> TransactionStatus | None:
        if transaction_hash in self.on_the_way:
            return self.on_the_way[transaction_hash]
        mined, entry = self.mined.get(transaction_hash), self.waiting.get(transaction_hash)
        if mined is not None:
            place = self._fingerprint(mined), mined.transaction_index
            return TransactionStatus(Stage.COMMITTED, *mined.block, *place, is_queued=False)
        if entry is None:
            return None
        shard_id = self._home_of(decode_transaction(entry.raw))
        return TransactionStatus(
            Stage.ADMITTED, shard_id, self._next_epoch(), None, 0, is_queued=False
        )

    async def transaction_at(
        self, shard_id: ShardId, fingerprint: Fingerprint
    ) -> MinedTransaction | None:
        in_shard = [each for each in self.mined.values() if each.block.shard_id == shard_id]
        return next((each for each in in_shard if self._fingerprint(each) == fingerprint), None)

    def _fingerprint(self, mined: MinedTransaction) -> Fingerprint:
        return self.blocks[mined.block].serial_order.turn(mined.transaction_index).fingerprint

    def _next_epoch(self) -> Epoch:
        return Epoch(self.head().number + 1)

    def _home_of(self, transaction: Transaction) -> ShardId:
        return shard_of(home_key(transaction.sender), SHARD_COUNT)

    async def logs(self, wanted: LogFilter, first: Epoch, last: Epoch) -> Sequence[FoundLog]:
        found = [
            FoundLog(mined.block, mined.transaction_index, log_index, transaction_hash, log)
            for transaction_hash, mined in self.mined.items()
            for log_index, log in enumerate(mined.receipt.logs, mined.first_log_index)
            if first <= mined.block.epoch <= last and wanted.matches(log)
        ]
        if len(found) > LOG_RESULTS_MAX:
            raise TooManyResults
        return sorted(found, key=lambda log: (log.block.epoch, log.block.shard_id, log.log_index))

    async def address(self, recipient: Recipient) -> Address:
        if recipient == EVERYWHERE:
            raise Rejected("it is in every shard and has no shard key")
        account = self.accounts.get(recipient)
        return Address(recipient, account.shard_key if account else home_key(recipient))

    async def account(
        self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None
    ) -> Account | None:
        account = self.accounts.get(recipient)
        return None if account is None else seen_under(key, account, lambda _: None)

    async def code(self, recipient: Recipient, epoch: Epoch, key: ShardKey | None = None) -> bytes:
        return self.codes.get(recipient, b"") if self._shows(recipient, key) else FOREIGN_STUB

    async def storage(
        self,
        recipient: Recipient,
        slots: Sequence[Slot],
        epoch: Epoch,
        key: ShardKey | None = None,
    ) -> Sequence[int]:
        shown = self._shows(recipient, key)
        return [self.slots.get((recipient, slot), 0) if shown else 0 for slot in slots]

    def _shows(self, recipient: Recipient, key: ShardKey | None) -> bool:
        account = self.accounts.get(recipient)
        return key is None or account is None or account.shard_key == key

    async def pending_nonce(self, recipient: Recipient, key: ShardKey | None = None) -> Nonce:
        account = self.accounts.get(recipient)
        waiting = [entry for entry in self.waiting.values() if entry.sender == recipient]
        return Nonce((account.nonce if account else 0) + len(waiting))

    async def prove(
        self, recipient: Recipient, slots: Sequence[Slot], key: ShardKey | None = None
    ) -> AccountProof:
        if not self._shows(recipient, key):
            raise Rejected("nothing to prove")
        proofs = [
            SlotProof(slot, self.slots.get((recipient, slot), 0), (b"\xc0",)) for slot in slots
        ]
        return AccountProof(self.accounts.get(recipient), (b"\xc1\x80",), tuple(proofs))

    async def call(self, request: CallRequest, epoch: Epoch) -> bytes:
        self.calls.append((request, epoch))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        await self.call(request, epoch)
        return Gas(21_000)


class Door:
    """A Service over a MemoryCluster, or over one shard key of it, asked synchronously."""

    def __init__(
        self,
        cluster: MemoryCluster,
        key: ShardKey | None = None,
        methods: Mapping[str, Method] = METHODS,
    ) -> None:
        node = cluster if key is None else KeyNode(cluster, key)
        self.network_address = "192.0.2.1"
        self.faults: list[tuple[str, Exception]] = []
        self.budget = 10**9
        self.service = Service(node, methods, together=_together, report_fault=self._report_fault)

    def answer(self, body: bytes) -> bytes:
        """The answer to a body."""
        return asyncio.run(self.service.answer(body, Client(self.network_address, self._spend)))

    def request(self, message: object) -> Any:
        """The parsed answer to a message or batch; None for silence."""
        answer = self.answer(orjson.dumps(message))
        return orjson.loads(answer) if answer else None

    def ask(self, method: str, *params: object) -> Any:
        """The result of one request; fails if it's an error."""
        answer = self.request({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "error" not in answer, answer
        return answer["result"]

    def refusal(self, method: str, *params: object) -> dict[str, Any]:
        """The error of one request; fails if it's a result."""
        answer = self.request({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "result" not in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    def _spend(self, cost: Cost) -> bool:
        self.budget -= cost
        return self.budget >= 0

    def _report_fault(self, method: str, fault: Exception) -> None:
        self.faults.append((method, fault))


async def _together(
    coroutines: Sequence[Coroutine[Any, Any, list[bytes]]],
) -> Sequence[list[bytes]]:
    return await asyncio.gather(*coroutines)
