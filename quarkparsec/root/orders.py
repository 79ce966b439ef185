"""The master's messages of an epoch, made from the root chain's head and the epoch's plan."""

from __future__ import annotations

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.types import ShardId, Wei
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import to_amount


def open_order(head: RootBlock, plan: EpochPlan, shard_id: ShardId) -> wire.Open:
    """Begin the epoch after `head` as planned."""
    return wire.Open(
        shard_id,
        plan.round,
        head.hash,
        plan.timestamp,
        to_amount(plan.base_fee),
        plan.seed,
        head.shard_count,
        plan.present,
        plan.tickets[shard_id],
    )


def lane_order(plan: EpochPlan, lane: int, shard_id: ShardId) -> wire.OpenLane:
    """Every participant has ended the lane before."""
    return wire.OpenLane(shard_id, plan.round, lane)


def seal_order(plan: EpochPlan, fees: Wei, shard_id: ShardId) -> wire.Seal:
    """Every lane has ended; `fees` are for this shard to credit."""
    return wire.Seal(shard_id, plan.round, to_amount(fees))


def commit_order(head: RootBlock, term: int, shard_id: ShardId) -> wire.Commit:
    """`head` is durable."""
    return wire.Commit(
        shard_id,
        term,
        head.number,
        head.hash,
        head.summaries[shard_id].block_hash,
        to_amount(base_fee_after(head.header)),
    )
