"""Shard blocks, summaries and root blocks: encoded, read back, refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.block import Entry, RootBlock, ShardBlock, ShardSummary
from quarkparsec.chain.legs import NO_LEGS
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Address, Recipient, ShardId, ShardKey, Wei
from tests.chain.blocks import header, root_block, summary

KEYS = st.integers(0, 2**32 - 1).map(ShardKey)
RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)
AMOUNTS = st.integers(0, 2**256 - 1).map(Wei)
COUNTS = st.integers(0, 2**32 - 1)
ENTRIES = st.lists(st.builds(Entry, st.binary(min_size=1, max_size=200), RECIPIENTS, KEYS))
BLOCKS = st.builds(ShardBlock, st.just(header()), ENTRIES.map(tuple), st.just(NO_LEGS), AMOUNTS)
ADDRESSES = st.lists(st.builds(Address, RECIPIENTS, KEYS), max_size=3).map(tuple)
SUMMARIES = st.builds(
    lambda *fields: summary(0)._replace(
        transaction_count=fields[0],
        log_count=fields[1],
        tips=fields[2],
        burned=fields[3],
        created=fields[4],
    ),
    COUNTS,
    COUNTS,
    AMOUNTS,
    AMOUNTS,
    ADDRESSES,
)


@given(BLOCKS)
def test_a_shard_block_is_read_back(block: ShardBlock) -> None:
    read = ShardBlock.decode(block.encode())
    assert read == block
    assert (read.hash, read.number) == (block.header.hash, 1)


@given(SUMMARIES)
def test_a_summary_is_read_back(whole: ShardSummary) -> None:
    assert ShardSummary.from_item(rlp.decode(whole.encode())) == whole


@given(st.lists(SUMMARIES, min_size=4, max_size=4), st.sets(st.integers(0, 3)), AMOUNTS, AMOUNTS)
def test_a_root_block_is_read_back(
    wholes: list[ShardSummary], participants: set[int], fees: Wei, supply: Wei
) -> None:
    numbered = [whole._replace(shard_id=ShardId(index)) for index, whole in enumerate(wholes)]
    block = root_block(
        9,
        *numbered,
        participants=tuple(sorted(participants)),
        fees_pending=fees,
        supply=supply,
    )
    read = RootBlock.decode(block.encode())
    assert read == block
    assert (read.hash, read.number) == (block.header.hash, 9)


def test_a_summary_names_its_block() -> None:
    block = header(extra_data=b"\x03")
    assert summary(3).block_hash == block.hash == keccak(block.encode())
    assert summary(3).shard_header() == block


def test_a_shard_that_sits_out_keeps_its_block_and_nothing_else() -> None:
    address = Address(Recipient(bytes(20)), ShardKey(1))
    busy = summary(1, address, transaction_count=3, log_count=4, tips=Wei(5), burned=Wei(6))
    assert busy.carried_over() == summary(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"shard_count": 1},
        {"shard_count": 4},
        {"shard_count": 2**39},
        {"summaries": (summary(1), summary(0))},
        {"summaries": (summary(0), summary(0))},
        {"summaries": (summary(0), summary(1), summary(2)), "shard_count": 3},
        {"summaries": (), "shard_count": 0},
        {"participants": (1, 0)},
        {"participants": (1, 1)},
        {"participants": (0, 2)},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_shards_stand_once_and_in_order(changes: dict[str, Any]) -> None:
    block = root_block(1, summary(0), summary(1), **changes)
    with pytest.raises(InvalidInput):
        RootBlock.decode(block.encode())


@given(st.sampled_from([ShardBlock, RootBlock]), st.integers(min_value=0), st.integers(0, 255))
def test_changed_bytes_are_refused_or_another_block(
    kind: type[ShardBlock] | type[RootBlock], place: int, byte: int
) -> None:
    entry = Entry(b"raw", Recipient(bytes(20)), ShardKey(1))
    address = Address(Recipient(bytes(20)), ShardKey(1))
    blocks: dict[type[ShardBlock] | type[RootBlock], ShardBlock | RootBlock] = {
        ShardBlock: ShardBlock(header(), (entry, entry), NO_LEGS, Wei(1)),
        RootBlock: root_block(1, summary(0, address), summary(1)),
    }
    encoded = bytearray(blocks[kind].encode())
    encoded[place % len(encoded)] = byte
    try:
        read = kind.decode(bytes(encoded))
    except InvalidInput:
        return
    assert read.encode() == encoded
