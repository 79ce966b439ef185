"""A copy does again what the shard did, and ends up the same; what doesn't follow from it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quarkparsec.chain.block import ShardBlock
from quarkparsec.errors import Corrupt
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.following import Follower
from quarkparsec.state.tables import ACCOUNT, HEAD_KEY
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Epoch, Hash32, ShardId
from tests.shard.cluster_of_one import ALICE, GENESIS, Driven, summary_of

BLOCKS = 3


def make_blocks(driven: Driven, first: int) -> list[ShardBlock]:
    """Some epochs, one transaction each."""
    blocks = []
    for epoch in range(first, first + BLOCKS):
        driven.admit(ALICE, driven.machine.shard_state.account(ALICE.recipient).nonce)  # type: ignore[union-attr]
        driven.open(epoch)
        (sealed,) = driven.seal(epoch)
        driven.commit(summary_of(sealed).block_hash, epoch)
        block = driven.machine.blocks.block(Epoch(epoch))
        assert block is not None
        blocks.append(block)
    return blocks


def root_hashes(driven: Driven, first: int, last: int) -> list[Hash32]:
    hashes = [driven.machine.blocks.root_hash(epoch) for epoch in range(first, last + 1)]
    return [each for each in hashes if each is not None]


@pytest.fixture
def shard() -> Driven:
    """A shard that has some blocks."""
    driven = Driven()
    driven.welcome()
    make_blocks(driven, 1)
    return driven


def test_a_copy_that_follows_is_the_shard(shard: Driven) -> None:
    copy = shard.store.snapshot()
    follower = Follower(GENESIS, ShardId(0), copy)
    for block in make_blocks(shard, BLOCKS + 1):
        first, last = follower.first_missing(block), block.header.number
        follower.follow(block, root_hashes(shard, first, last))
    follower.settle()
    assert follower.root.epoch == 2 * BLOCKS
    assert copy.get(HEAD_KEY) == shard.store.get(HEAD_KEY)
    rows = ACCOUNT, prefix_stop(ACCOUNT)
    assert list(copy.scan(*rows)) == list(shard.store.scan(*rows))
    assert follower.header.hash == shard.machine.blocks.head_header(shard.machine.shard_state).hash


def test_root_blocks_without_a_block_of_the_shard_are_known_afterwards(shard: Driven) -> None:
    copy = shard.store.snapshot()
    follower = Follower(GENESIS, ShardId(0), copy)
    shard.commit(follower.header.hash, BLOCKS + 1)
    block, *_ = make_blocks(shard, BLOCKS + 2)
    assert follower.first_missing(block) == BLOCKS + 1
    follower.follow(block, root_hashes(shard, BLOCKS + 1, BLOCKS + 2))
    known = [BlockStore(copy).root_hash(epoch) for epoch in range(BLOCKS + 3)]
    assert known == [shard.machine.blocks.root_hash(epoch) for epoch in range(BLOCKS + 3)]


def test_a_block_out_of_turn_is_refused(shard: Driven) -> None:
    copy = shard.store.snapshot()
    follower = Follower(GENESIS, ShardId(0), copy)
    *_, last = make_blocks(shard, BLOCKS + 1)
    hashes = root_hashes(shard, follower.first_missing(last), last.header.number)
    with pytest.raises(Corrupt, match="doesn't follow what is here"):
        follower.follow(last, hashes)


def test_a_block_beside_the_root_chain_is_refused(shard: Driven) -> None:
    copy = shard.store.snapshot()
    follower = Follower(GENESIS, ShardId(0), copy)
    block, *_ = make_blocks(shard, BLOCKS + 1)
    elsewhere = replace(block.header, parent_beacon_block_root=Hash32(bytes(32)))
    with pytest.raises(Corrupt, match="doesn't follow what is here"):
        follower.follow(
            replace(block, header=elsewhere), root_hashes(shard, BLOCKS + 1, BLOCKS + 1)
        )


def test_a_store_that_was_never_on_the_root_chain_is_no_copy() -> None:
    with pytest.raises(Corrupt, match="never been on the root chain"):
        Follower(GENESIS, ShardId(0), MemoryStore())
