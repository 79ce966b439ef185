"""Headers, summaries and blocks to test with."""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.types import Address, Epoch, Gas, Recipient, ShardId, Wei


def header(**changes: Any) -> Header:
    """A header of an empty block."""
    values: dict[str, Any] = {
        "parent_hash": ZERO_HASH,
        "coinbase": Recipient(bytes(20)),
        "state_root": EMPTY_TRIE_ROOT,
        "transactions_root": EMPTY_TRIE_ROOT,
        "receipts_root": EMPTY_TRIE_ROOT,
        "logs_bloom": EMPTY_BLOOM,
        "number": Epoch(1),
        "gas_limit": Gas(30_000_000),
        "gas_used": Gas(0),
        "timestamp": 1,
        "prevrandao": ZERO_HASH,
        "base_fee": Wei(7),
        "parent_beacon_block_root": ZERO_HASH,
    }
    return Header(**(values | changes))


def summary(shard_id: int, *created: Address, **changes: Any) -> ShardSummary:
    """The summary of a shard's empty block."""
    encoded = header(extra_data=bytes((shard_id,))).encode()
    whole = ShardSummary(ShardId(shard_id), encoded, 0, 0, Wei(0), Wei(0), created)
    return whole._replace(**changes)


def root_block(number: int, *summaries: ShardSummary, **changes: Any) -> RootBlock:
    """A root block that all of `summaries` took part in."""
    values: dict[str, Any] = {
        "header": header(number=Epoch(number)),
        "summaries": summaries,
        "participants": tuple(each.shard_id for each in summaries),
        "shard_count": len(summaries),
        "fees_pending": Wei(0),
        "supply": Wei(10**18),
    }
    return RootBlock(**(values | changes))
