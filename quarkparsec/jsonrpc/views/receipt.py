"""Receipts and logs as clients see them: execution-apis' ReceiptInfo and Log, without further members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quarkparsec.chain.block import RootBlock, ShardBlock
from quarkparsec.chain.log import Log
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.node import MinedTransaction
from quarkparsec.jsonrpc.views.place import BlockMark, Place, mark, place_of, places
from quarkparsec.jsonrpc.views.transaction import optional_recipient


def receipt_view(
    transaction: Transaction, receipt: Receipt, block: BlockMark, place: Place
) -> dict[str, Any]:
    """A receipt. `place` is that of the transaction, its gas that of the shard's first transaction."""
    transaction_hash, index = data(transaction.hash), quantity(place.transactions)
    return {
        "type": quantity(receipt.type),
        "status": quantity(receipt.status),
        "blockHash": block.hash,
        "blockNumber": block.number,
        "transactionHash": transaction_hash,
        "transactionIndex": index,
        "from": data(transaction.sender),
        "to": optional_recipient(transaction.to),
        "contractAddress": optional_recipient(receipt.contract),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(place.gas + receipt.cumulative_gas_used),
        "effectiveGasPrice": quantity(receipt.effective_gas_price),
        "logsBloom": data(receipt.bloom),
        "logs": [
            log_view(log, block, transaction_hash, index, log_index)
            for log_index, log in enumerate(receipt.logs, place.logs)
        ],
    }


def mined_receipt_view(mined: MinedTransaction, block: RootBlock) -> dict[str, Any]:
    """The receipt of a transaction in `block`."""
    start = place_of(block, mined.block.shard_id)
    place = Place(
        start.transactions + mined.transaction_index, start.logs + mined.first_log_index, start.gas
    )
    transaction = decode_transaction(mined.entry.raw, mined.entry.sender)
    return receipt_view(transaction, mined.receipt, mark(block), place)


def block_receipts_view(
    block: RootBlock,
    shard_blocks: Sequence[ShardBlock],
    receipts_of_blocks: Sequence[Sequence[Receipt]],
) -> list[dict[str, Any]]:
    """The receipts of all participating shards, in shard order."""
    block_mark = mark(block)
    views: list[dict[str, Any]] = []
    for (_, place), shard_block, receipts in zip(
        places(block), shard_blocks, receipts_of_blocks, strict=True
    ):
        for entry, receipt in zip(shard_block.entries, receipts, strict=True):
            transaction = decode_transaction(entry.raw, entry.sender)
            views.append(receipt_view(transaction, receipt, block_mark, place))
            logs = place.logs + len(receipt.logs)
            place = Place(place.transactions + 1, logs, place.gas)
    return views


def log_view(
    log: Log, block: BlockMark, transaction_hash: str, transaction_index: str, log_index: int
) -> dict[str, Any]:
    """A log of a committed transaction."""
    return {
        "address": data(log.recipient),
        "topics": [data(topic) for topic in log.topics],
        "data": data(log.data),
        "blockHash": block.hash,
        "blockNumber": block.number,
        "blockTimestamp": block.timestamp,
        "transactionHash": transaction_hash,
        "transactionIndex": transaction_index,
        "logIndex": quantity(log_index),
        "removed": False,
    }
