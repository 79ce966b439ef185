"""Headers of made-up blocks: what a cluster without a network seals its epochs with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.bloom import bloom
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.chain.log import Log
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.types import Epoch, Gas, Recipient, ShardId, Wei

SHARD_COUNT = 4
SHARD_GAS_LIMIT = 30_000_000
GWEI = 10**9
COINBASE = Recipient(bytes.fromhex("c0" * 20))


def shard_header(epoch: int, gas_used: int, logs: Sequence[Log]) -> Header:
    """Of a shard block."""
    return _header(
        parent_hash=ZERO_HASH,
        number=Epoch(epoch),
        gas_limit=Gas(SHARD_GAS_LIMIT),
        gas_used=Gas(gas_used),
        base_fee=Wei(GWEI),
        logs_bloom=bloom(logs),
    )


def root_block(
    parent: RootBlock | None,
    summaries: Sequence[ShardSummary],
    participants: tuple[ShardId, ...],
    logs_bloom: bytes,
) -> RootBlock:
    """What joins the shards; without a parent it is genesis."""
    header = _header(
        parent_hash=parent.hash if parent else ZERO_HASH,
        number=Epoch(parent.number + 1 if parent else 0),
        gas_limit=Gas(SHARD_GAS_LIMIT * SHARD_COUNT),
        gas_used=Gas(sum(summaries[i].shard_header().gas_used for i in participants)),
        base_fee=base_fee_after(parent.header) if parent else Wei(GWEI),
        logs_bloom=logs_bloom,
    )
    return RootBlock(header, tuple(summaries), participants, SHARD_COUNT, Wei(0), Wei(10**24))


def _header(**fields: Any) -> Header:
    return Header(
        coinbase=COINBASE,
        state_root=EMPTY_TRIE_ROOT,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        timestamp=1_700_000_000 + fields["number"],
        prevrandao=keccak(b"seed"),
        parent_beacon_block_root=ZERO_HASH,
        **fields,
    )
