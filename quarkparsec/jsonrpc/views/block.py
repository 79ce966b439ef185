"""A block as clients see it: execution-apis' Block over the root block's header.

`size` is that of the block's RLP as Ethereum would encode this view: header, transactions, no ommers and
no withdrawals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from quarkparsec.chain.block import Entry, RootBlock, ShardBlock
from quarkparsec.chain.header import Header
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.codec import rlp
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.crypto.keccak import keccak
from quarkparsec.jsonrpc.views.place import mark
from quarkparsec.jsonrpc.views.transaction import transaction_view


def block_view(block: RootBlock, shard_blocks: Sequence[ShardBlock], full: bool) -> dict[str, Any]:
    """A root block with the transactions of its participants' blocks, or only their hashes."""
    entries = [entry for shard_block in shard_blocks for entry in shard_block.entries]
    view = header_view(block.header)
    view["size"] = quantity(_size(block.header, entries))
    view["transactions"] = (
        _transaction_views(block, entries) if full else transaction_hashes(entries)
    )
    view["uncles"] = []
    view["withdrawals"] = []
    return view


def header_view(header: Header) -> dict[str, Any]:
    """The members of a block that its header says."""
    return {
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.ommers_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transactions_root),
        "receiptsRoot": data(header.receipts_root),
        "logsBloom": data(header.logs_bloom),
        "difficulty": quantity(header.difficulty),
        "number": quantity(header.number),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.prevrandao),
        "nonce": data(header.nonce),
        "baseFeePerGas": quantity(header.base_fee),
        "withdrawalsRoot": data(header.withdrawals_root),
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash),
    }


def transaction_hashes(entries: Iterable[Entry]) -> list[str]:
    """The hashes of some transactions."""
    return [data(keccak(entry.raw)) for entry in entries]


def _transaction_views(block: RootBlock, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    block_mark = mark(block)
    return [
        transaction_view(decode_transaction(entry.raw, entry.sender), block_mark, index)
        for index, entry in enumerate(entries)
    ]


def _size(header: Header, entries: Iterable[Entry]) -> int:
    transactions = rlp.wrap_list(b"".join([_as_item(entry.raw) for entry in entries]))
    no_ommers = no_withdrawals = b"\xc0"
    return len(rlp.wrap_list(header.encode() + transactions + no_ommers + no_withdrawals))


def _as_item(raw: bytes) -> bytes:
    """A transaction within a block: legacy ones are lists, typed ones byte strings (EIP-2718)."""
    return raw if raw[0] >= 0xC0 else rlp.encode_bytes(raw)
