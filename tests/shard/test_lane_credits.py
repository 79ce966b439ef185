"""Lane 4, first part: what other shards sent."""

from __future__ import annotations

from quarkparsec.chain.legs import Credit, Legs
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.lane_credits import apply_credits
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from tests.runners.scene import Scene, recipient

NOBODY, SOMEBODY, FAR = recipient(1, home=4), recipient(2), recipient(3, home=1)


def credit(who: Recipient, key: int, amount: int) -> Credit:
    return Credit(who, ShardKey(key), Wei(amount))


def draft() -> BlockDraft:
    scene = Scene(shard_count=2)
    scene.state.put(SOMEBODY, 10)
    return BlockDraft(scene.journal, scene.block)


def test_money_of_all_sources_arrives() -> None:
    made = draft()
    made.credits[ShardId(1)] = (credit(SOMEBODY, 0, 5), credit(NOBODY, 4, 7))
    made.credits[ShardId(0)] = (credit(SOMEBODY, 0, 1),)
    apply_credits(made)
    assert made.journal.entry(SOMEBODY).balance == 16
    assert made.journal.entry(NOBODY).balance == 7


def test_an_account_at_home_gets_its_home_key_and_one_away_the_credits() -> None:
    made = draft()
    made.credits[ShardId(1)] = (credit(NOBODY, 4, 7), credit(FAR, 6, 7))
    apply_credits(made)
    assert made.journal.entry(NOBODY).shard_key == 4
    assert made.journal.entry(FAR).shard_key == 6


def test_nothing_leaves_no_account_behind() -> None:
    made = draft()
    made.credits[ShardId(1)] = (credit(NOBODY, 4, 0), credit(SOMEBODY, 0, 0))
    apply_credits(made)
    assert made.journal.changes() == {}


def test_the_body_holds_them_by_source_in_the_order_of_each() -> None:
    made = draft()
    first, second = credit(SOMEBODY, 0, 5), credit(NOBODY, 4, 7)
    made.credits[ShardId(3)] = (second, first)
    made.credits[ShardId(1)] = (first,)
    legs = made.legs
    assert [(each.source, each.credits) for each in legs.credits] == [
        (1, (first,)),
        (3, (second, first)),
    ]


def test_a_source_that_sent_nothing_leaves_no_trace() -> None:
    made = draft()
    made.credits[ShardId(3)] = ()
    assert made.legs == Legs()
