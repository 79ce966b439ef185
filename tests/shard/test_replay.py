"""A block's body gives its header again, or the replica stops."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quarkparsec.chain.block import ShardBlock
from quarkparsec.errors import Corrupt
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.opening import Opening, open_block_again
from quarkparsec.shard.replay import replay
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Hash32, ShardId, Wei
from tests.shard.cluster_of_one import ALICE, BOB, GENESIS, Driven, summary_of


def committed_block() -> ShardBlock:
    driven = Driven()
    driven.welcome()
    for nonce in range(3):
        driven.admit(ALICE, nonce)
    driven.admit(BOB, 0)
    driven.open()
    (sealed,) = driven.seal(fees=5)
    driven.commit(summary_of(sealed).block_hash)
    block = driven.machine.blocks.block(Epoch(1))
    assert block is not None
    return block


def fresh() -> ShardState:
    return open_shard(MemoryStore(), GENESIS, ShardId(0))


def opening(block: ShardBlock) -> Opening:
    return open_block_again(GENESIS, block.header.parent_hash, block.header, _no_hashes)


def test_a_body_gives_the_same_header_and_receipts_again() -> None:
    block = committed_block()
    built = replay(fresh(), block, opening(block))
    assert built.block == block
    assert [receipt.cumulative_gas_used for receipt in built.receipts] == [
        21_000,
        42_000,
        63_000,
        84_000,
    ]


def test_another_order_of_transactions_is_noticed() -> None:
    block = committed_block()
    first, *others = block.entries
    with pytest.raises(Corrupt):
        replay(fresh(), replace(block, entries=(*others, first)), opening(block))


def test_a_missing_transaction_is_noticed() -> None:
    block = committed_block()
    with pytest.raises(Corrupt):
        replay(fresh(), replace(block, entries=block.entries[:-1]), opening(block))


def test_other_fees_are_noticed() -> None:
    block = committed_block()
    with pytest.raises(Corrupt):
        replay(fresh(), replace(block, fees=Wei(6)), opening(block))


def test_another_seed_is_noticed() -> None:
    block = committed_block()
    header = replace(block.header, prevrandao=Hash32(b"\1" * 32))
    again = open_block_again(GENESIS, block.header.parent_hash, header, _no_hashes)
    with pytest.raises(Corrupt):
        replay(fresh(), block, again)


def test_garbage_in_a_body_is_corruption() -> None:
    block = committed_block()
    entries = (block.entries[0]._replace(raw=b"\x02garbage"),)
    with pytest.raises(Corrupt):
        replay(fresh(), replace(block, entries=entries), opening(block))


def _no_hashes(_: int) -> None:
    return None
