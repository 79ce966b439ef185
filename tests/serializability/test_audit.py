"""An audit believes a true history, and finds what is wrong with an altered one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quarkparsec.chain.block import RootBlock
from quarkparsec.errors import Corrupt
from quarkparsec.root.root_store import block_batch
from quarkparsec.shard.block_rows import HEADER, SEALED, epoch_key
from quarkparsec.types import ShardId, Wei
from tests.serializability.audit import Audit, committed_block, in_live_order
from tests.serializability.small_history import History, history
from tests.serializability.violation import Violation
from tests.simulation.scenery import contents_of
from tests.simulation.small_work import SHARD_COUNT


def test_a_true_history_is_believed() -> None:
    made = history()
    audit = made.audit()
    assert [root.hash for root in audit.roots] == [root.hash for root in made.roots]
    assert audit.graph.edges


def followed_up_to_the_busiest(made: History) -> tuple[Audit, RootBlock]:
    _, contents = contents_of(SHARD_COUNT)
    beginnings = dict(zip(made.shards, contents, strict=True))
    audit = Audit(made.genesis, made.roots[0], beginnings, is_plain=True)
    for root in made.roots[1 : made.busiest_root.number]:
        audit.follow(root, made.blocks(root))
    return audit, made.busiest_root


def test_a_wei_more_is_found() -> None:
    made = history()
    audit, root = followed_up_to_the_busiest(made)
    richer = replace(root, supply=Wei(root.supply + 1))
    with pytest.raises(Violation, match="money is lost or made"):
        audit.follow(richer, made.blocks(root))


def test_a_root_block_without_one_of_its_blocks_is_found() -> None:
    made = history()
    audit, root = followed_up_to_the_busiest(made)
    blocks = made.blocks(root)
    del blocks[ShardId(0)]
    with pytest.raises(Violation, match="block is missing"):
        audit.follow(root, blocks)


def test_a_block_with_a_leg_too_few_is_found() -> None:
    made = history()
    audit, root = followed_up_to_the_busiest(made)
    blocks = made.blocks(root)
    for shard_id, block in blocks.items():
        legs = block.legs._replace(tickets=block.legs.tickets[:-1])
        blocks[shard_id] = replace(block, legs=legs)
    with pytest.raises((Violation, Corrupt)):
        audit.follow(root, blocks)


def test_a_committed_block_that_is_nowhere_is_found() -> None:
    made = history()
    root = made.roots[-1]
    shard_id = root.participants[0]
    store = made.shards[shard_id]
    store.write({SEALED: None, epoch_key(HEADER, root.number): None}, sync=True)
    with pytest.raises(Violation, match="its shard can lose"):
        committed_block(store, root, shard_id)


def test_a_block_that_is_only_sealed_counts() -> None:
    made = history()
    root = made.roots[-1]
    shard_id = root.participants[0]
    store = made.shards[shard_id]
    store.write({epoch_key(HEADER, root.number): None}, sync=True)
    assert committed_block(store, root, shard_id).number == root.number


def test_a_gap_in_the_root_chain_is_found() -> None:
    made = history()
    gone = block_batch(made.roots[1])
    made.root_chain.write({next(iter(gone)): None}, sync=True)
    with pytest.raises(Violation, match="gap"):
        made.audit()


def test_legs_are_taken_in_the_order_in_which_they_were_made() -> None:
    epoch, _, _ = history().busiest()
    steps = next(
        each.steps
        for each in epoch.reexecutions.values()
        if sum(step.leg is not None for step in each.steps) > 1
    )
    legs = [step.place for step in steps if step.leg is not None]
    backwards = in_live_order(steps, legs[::-1])
    assert [step.place for step in backwards if step.leg is not None] == legs[::-1]
    assert [step for step in backwards if step.leg is None] == [
        step for step in steps if step.leg is None
    ]
    with pytest.raises(Violation, match="a leg isn't in the block"):
        in_live_order(steps, legs[1:])
