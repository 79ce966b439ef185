"""A block's body gives its header again, or the replica stops."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from quarkparsec.chain.block import ShardBlock
from quarkparsec.effects import JobDone, Run
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


def test_every_process_comes_to_the_same_roots_whatever_its_hash_seed() -> None:
    program = (
        "from tests.shard.test_replay import *;"
        "block = committed_block();"
        "print(replay(fresh(), block, opening(block)).block.header.hash.hex())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert printed == {f"{committed_block().hash.hex()}\n"}


@pytest.mark.parametrize("in_time", range(5))
def test_who_has_more_time_than_the_proposer_had_comes_to_what_its_block_says(
    in_time: int,
) -> None:
    """Time decides what is in a block, never what becomes of it: the rest waits in the pool."""
    driven = Driven()
    driven.welcome()
    for nonce in range(4):
        driven.admit(ALICE, nonce)
    driven.hold = Run
    driven.open()
    turns = iter(range(in_time))
    job = driven.held.pop()
    result = job.job(lambda: next(turns, None) is None)
    driven.hold = None
    driven.give(JobDone(job.job_id, result))
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    block = driven.machine.blocks.block(Epoch(1))
    assert block is not None
    assert len(block.entries) == in_time
    assert replay(fresh(), block, opening(block)).block == block
    assert len(driven.machine.pool) == 4 - in_time
    assert driven.announced[0].invalid == ()


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
