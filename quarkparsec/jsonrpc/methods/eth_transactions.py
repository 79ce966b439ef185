"""eth_*: transactions and their receipts; and the one door by which a transaction comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.chain.block import Entry, RootBlock
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.codec.quantities import data
from quarkparsec.errors import QuarkparsecError
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import BlockReference, find_block, parse_height
from quarkparsec.jsonrpc.arguments.scalars import parse_bytes, parse_hash, parse_uint64
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import BlockId, MinedTransaction, Node
from quarkparsec.jsonrpc.views.place import mark, place_of, places
from quarkparsec.jsonrpc.views.receipt import mined_receipt_view
from quarkparsec.jsonrpc.views.transaction import pending_transaction_view, transaction_view
from quarkparsec.types import Hash32

_HASH: Final = Argument("transaction hash", parse_hash)
_INDEX: Final = Argument("index", parse_uint64)


async def send_raw_transaction(node: Node, raw: bytes) -> str:
    """Hand a signed transaction to the pool; its hash promises nothing yet."""
    (outcome,) = await node.submit([raw])
    if isinstance(outcome, QuarkparsecError):
        raise outcome
    return data(outcome.transaction_hash)


async def send_raw_transactions(
    node: Node, arguments: Sequence[Sequence[bytes]]
) -> Sequence[str | QuarkparsecError]:
    """The same for neighbours in a batch."""
    outcomes = await node.submit([raw for (raw,) in arguments])
    return [
        each if isinstance(each, QuarkparsecError) else data(each.transaction_hash)
        for each in outcomes
    ]


async def get_transaction_by_hash(node: Node, wanted: Hash32) -> dict[str, Any] | None:
    """A transaction, committed or waiting."""
    found = await node.find_transaction(wanted)
    if isinstance(found, Entry):
        return pending_transaction_view(decode_transaction(found.raw, found.sender))
    block = await _block_of(node, found)
    if found is None or block is None:
        return None
    place = place_of(block, found.block.shard_id)
    transaction = decode_transaction(found.entry.raw, found.entry.sender)
    return transaction_view(transaction, mark(block), place.transactions + found.transaction_index)


async def get_transaction_receipt(node: Node, wanted: Hash32) -> dict[str, Any] | None:
    """What a committed transaction did; null until it is committed."""
    found = await node.find_transaction(wanted)
    if found is None or isinstance(found, Entry):
        return None
    block = await _block_of(node, found)
    if block is None:
        return None
    return mined_receipt_view(found, block)


async def get_transaction_by_index(
    node: Node, which: BlockReference, index: int
) -> dict[str, Any] | None:
    """A transaction by its place in a block."""
    block = await find_block(node, which)
    if block is None:
        return None
    for shard_id, place in places(block):
        count = block.summaries[shard_id].transaction_count
        if index < place.transactions + count:
            (shard_block,) = await node.shard_blocks([BlockId(shard_id, block.number)])
            entry = shard_block.entries[index - place.transactions]
            transaction = decode_transaction(entry.raw, entry.sender)
            return transaction_view(transaction, mark(block), index)
    return None


async def _block_of(node: Node, found: MinedTransaction | None) -> RootBlock | None:
    """The root block, unless it is later than the head: then nothing may be said about it yet."""
    return None if found is None else await find_block(node, found.block.epoch)


METHODS: Final = (
    Method(
        "eth_sendRawTransaction",
        send_raw_transaction,
        (Argument("signed transaction", parse_bytes),),
        Cost.SUBMIT,
        run_many=send_raw_transactions,
    ),
    Method("eth_getTransactionByHash", get_transaction_by_hash, (_HASH,), Cost.LOOKUP),
    Method("eth_getTransactionReceipt", get_transaction_receipt, (_HASH,), Cost.LOOKUP),
    Method(
        "eth_getTransactionByBlockHashAndIndex",
        get_transaction_by_index,
        (Argument("block hash", parse_hash), _INDEX),
        Cost.BLOCK,
    ),
    Method(
        "eth_getTransactionByBlockNumberAndIndex",
        get_transaction_by_index,
        (Argument("block", parse_height), _INDEX),
        Cost.BLOCK,
    ),
)
