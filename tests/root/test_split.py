"""A root block that splits the shards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quarkparsec.chain.block import SWEEP_BEGINS, SWEPT, RootBlock
from quarkparsec.errors import Rejected
from quarkparsec.limits import SHARDS_MAX
from quarkparsec.root.genesis_block import genesis_root_block
from quarkparsec.root.split import check_split, divide, goes_on, swept_percent
from quarkparsec.types import Wei
from tests.root.two_shards import GENESIS

HEAD = genesis_root_block(GENESIS)


def busy() -> RootBlock:
    """Both shards did something in the last epoch."""
    did = tuple(
        each._replace(transaction_count=3, burned=Wei(5), tips=Wei(7)) for each in HEAD.summaries
    )
    return replace(HEAD, summaries=did)


def test_each_shard_is_followed_by_itself_and_by_one_that_did_nothing_yet() -> None:
    summaries = divide(busy().summaries)
    assert [each.shard_id for each in summaries] == [0, 1, 2, 3]
    for parent, child in zip(summaries[:2], summaries[2:], strict=True):
        assert (parent.transaction_count, parent.burned, parent.tips) == (3, 5, 7)
        assert (child.transaction_count, child.burned, child.tips) == (0, 0, 0)
        assert parent.header == child.header
        assert parent.sweep == child.sweep == SWEEP_BEGINS


def test_a_block_that_splits_can_be_read_again() -> None:
    block = replace(HEAD, summaries=divide(HEAD.summaries), shard_count=4)
    assert RootBlock.decode(block.encode()) == block


@pytest.mark.parametrize("shard_count", [0, 1, 2, 3, 5, 8, -4, 2**33])
def test_shards_are_doubled_or_nothing(shard_count: int) -> None:
    with pytest.raises(Rejected):
        check_split(HEAD, shard_count)
    check_split(HEAD, 4)


def test_there_is_a_largest_number_of_shards() -> None:
    many = replace(HEAD, shard_count=SHARDS_MAX)
    with pytest.raises(Rejected, match="more than"):
        check_split(many, 2 * SHARDS_MAX)


def test_nothing_is_split_while_it_is_swept() -> None:
    halfway = HEAD.summaries[1]._replace(sweep=b"\x80" + bytes(19))
    head = replace(HEAD, summaries=(HEAD.summaries[0], halfway))
    with pytest.raises(Rejected, match=r"shard 1 is still swept .* 50 % done"):
        check_split(head, 4)


def test_a_sweep_shows_how_far_it_has_come() -> None:
    assert swept_percent(SWEEP_BEGINS) == 0
    assert swept_percent(b"\x40" + bytes(19)) == 25
    assert swept_percent(b"\xff" * 20) == 99
    assert swept_percent(SWEPT) == 100


def test_a_sweep_only_goes_on() -> None:
    early, late = b"\x01" * 20, b"\x02" * 20
    assert goes_on(early, late)
    assert goes_on(early, early)
    assert goes_on(late, SWEPT)
    assert goes_on(SWEPT, SWEPT)
    assert not goes_on(late, early)
    assert not goes_on(SWEPT, early)
