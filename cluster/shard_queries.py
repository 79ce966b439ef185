"""What a slave answers about one of its shards, from snapshots, while the shard goes on working."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from cluster.shard_host import ShardHost
from quarkparsec.chain.block import Entry
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.codec.rlp import scalar_bytes
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_rows import StoredTransaction, TransactionPlace
from quarkparsec.shard.log_search import find_logs
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import FOREIGN_STUB, FOREIGN_STUB_HASH, seen_under
from quarkparsec.state.universal import part_of, seen_with_part
from quarkparsec.state.view import StateView
from quarkparsec.types import Epoch, Hash32, Recipient, ShardKey, Slot, home_key
from quarkparsec.wire import queries
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Encoded, EncodedList, Nothing, Number

Answer = TypeVar("Answer")


def admit(host: ShardHost, submission: queries.Submission) -> Hash32:
    """Put a transaction into the pool; its hash. Raises Rejected."""
    sender, to_key = Recipient(submission.sender), ShardKey(submission.to_key)
    transaction = decode_transaction(submission.raw, sender)
    host.admit(Candidate(transaction, to_key, submission.runs_code))
    return transaction.hash


async def read_account(host: ShardHost, query: queries.ReadAccount) -> Encoded | Nothing:
    account = _seen(await _view(host, query), query)
    return Nothing() if account is None else Encoded(account.encode())


async def read_code(host: ShardHost, query: queries.ReadCode) -> Encoded:
    view = await _view(host, query)
    account = _seen(view, query)
    if account is None or not account.has_code:
        return Encoded(b"")
    if account.code_hash == FOREIGN_STUB_HASH:
        return Encoded(FOREIGN_STUB)
    return Encoded(view.code(account.code_hash))


async def read_storage(host: ShardHost, query: queries.ReadStorage) -> queries.Words:
    view = await _view(host, query)
    account = _seen(view, query)
    if account is None or account.storage_root == EMPTY_TRIE_ROOT:
        return queries.Words([b""] * len(query.slots))
    recipient = _holder(view, query)
    return queries.Words(
        [scalar_bytes(view.storage(recipient, Slot(slot))) for slot in query.slots]
    )


_StateQuery = queries.ReadAccount | queries.ReadCode | queries.ReadStorage


async def _view(host: ShardHost, query: _StateQuery) -> StateView:
    await host.reached(query.epoch)
    return host.view(Epoch(query.epoch), query.shard_count)


def _seen(view: StateView, query: _StateQuery) -> Account | None:
    """The entry that is asked for, as the key of the question sees it."""
    recipient, key = Recipient(query.recipient), _key(query)
    account = view.account(recipient)
    if account is None:
        return None
    if recipient in view.place.universal:
        return seen_with_part(account, view.account(_holder(view, query)))
    return seen_under(key, account, view.code)


def _holder(view: StateView, query: _StateQuery) -> Recipient:
    """Whose storage and money are asked for: of a universal contract one key's part."""
    recipient, key = Recipient(query.recipient), _key(query)
    if recipient not in view.place.universal:
        return recipient
    return part_of(recipient, home_key(recipient) if key is None else key)


def _key(query: _StateQuery) -> ShardKey | None:
    return None if query.key is None else ShardKey(query.key)


async def read_pending_nonce(host: ShardHost, query: queries.ReadPendingNonce) -> Number:
    recipient = Recipient(query.recipient)
    pending = host.machine.pool.pending_nonce(recipient)
    if pending is not None:
        return Number(scalar_bytes(pending))
    account = host.view(None, query.shard_count).account(recipient)
    return Number(scalar_bytes(account.nonce if account else 0))


async def prove(host: ShardHost, query: queries.Prove) -> queries.ProofAnswer:
    proof = host.state.prove(Recipient(query.recipient), [Slot(slot) for slot in query.slots])
    account = b"" if proof.account is None else proof.account.encode()
    slots = [(scalar_bytes(word), nodes) for word, nodes in proof.slots]
    return queries.ProofAnswer(account, proof.nodes, slots)


def find_transaction(host: ShardHost, transaction_hash: Hash32) -> queries.FoundTransaction | None:
    """Look in the blocks and in the pool, as they are at this moment."""
    blocks = host.blocks()
    place = blocks.place(transaction_hash)
    found = blocks.transaction(place) if place is not None else None
    if place is not None and found is not None:
        return _found(host, place, found)
    pooled = host.machine.pool.find(transaction_hash)
    if pooled is None:
        return None
    return queries.FoundTransaction(
        host.shard_id,
        0,
        0,
        0,
        Entry(pooled.transaction.raw, pooled.transaction.sender, pooled.candidate.to_key).encode(),
        b"",
    )


def _found(
    host: ShardHost, place: TransactionPlace, found: StoredTransaction
) -> queries.FoundTransaction:
    return queries.FoundTransaction(
        host.shard_id,
        place.epoch,
        place.position,
        found.logs_before,
        found.entry.encode(),
        found.receipt.encode_stored(),
    )


async def read_transaction(
    host: ShardHost, query: queries.ReadTransaction
) -> queries.CommittedTransaction | Nothing:
    await host.reached(query.fingerprint.epoch)
    blocks = host.blocks()
    place = blocks.place_of(query.fingerprint)
    found = blocks.transaction(place) if place is not None else None
    if place is None or found is None:
        return Nothing()
    return queries.CommittedTransaction(_found(host, place, found))


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


async def read_size(host: ShardHost, _: queries.ReadSize) -> Number:
    return Number(scalar_bytes(host.store.size_bytes()))


READS: Final[dict[type, Callable[[ShardHost, Any], Awaitable[Message]]]] = {
    queries.ReadAccount: read_account,
    queries.ReadCode: read_code,
    queries.ReadStorage: read_storage,
    queries.ReadPendingNonce: read_pending_nonce,
    queries.Prove: prove,
    queries.ReadTransaction: read_transaction,
    queries.ReadBlock: read_block,
    queries.ReadReceipts: read_receipts,
    queries.ReadSize: read_size,
}
"""What is answered by a few reads, on the event loop itself."""
