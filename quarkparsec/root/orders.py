"""The master's messages of an epoch, made from the root chain's head and the epoch's plan."""

from __future__ import annotations

from collections.abc import Iterable

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.root.barriers import IN_SHARD
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.root.members import Member
from quarkparsec.root.states import Executing, Sealing, State
from quarkparsec.types import Hash32, ShardId, Wei
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import to_amount


def lane_order(
    head: RootBlock, plan: EpochPlan, lane: int, shard_id: ShardId
) -> wire.Open | wire.OpenLane:
    """Run a lane; with the first one the epoch after `head` begins, as planned."""
    if lane != IN_SHARD:
        return wire.OpenLane(shard_id, plan.round, lane)
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


def seal_order(sealing: Sealing, shard_id: ShardId) -> wire.Seal:
    """Every lane has ended."""
    fees = sealing.fees.get(shard_id, Wei(0))
    return wire.Seal(shard_id, sealing.plan.round, to_amount(fees))


def commit_order(head: RootBlock, term: int, shard_id: ShardId) -> wire.Commit:
    """`head` is durable."""
    return wire.Commit(
        shard_id,
        term,
        head.number,
        head.hash,
        head.summaries[shard_id].block_hash,
        to_amount(base_fee_after(head.header)),
        head.shard_count,
    )


def welcome_order(
    head: RootBlock, hashes: Iterable[Hash32], term: int, member: Member
) -> wire.Welcome:
    """What the root chain holds; `hashes` of its last blocks, ascending."""
    return wire.Welcome(
        member.shard_id,
        member.visit,
        term,
        head.number,
        tuple(hashes),
        head.summaries[member.shard_id].block_hash,
        to_amount(base_fee_after(head.header)),
        head.shard_count,
    )


def owed_message(now: State, head: RootBlock, term: int, member: Member) -> wire.FromMaster | None:
    """What a shard was told and has not answered yet, or others wait for what it may still be doing."""
    shard_id = member.shard_id
    if member.is_held:
        return None
    if not member.joined:
        return wire.Invite(shard_id, term, member.visit)
    if not member.is_caught_up(head.number):
        return commit_order(head, term, shard_id)
    if isinstance(now, Executing) and shard_id in now.plan.participants:
        is_over = now.lane == IN_SHARD and shard_id in now.ended
        return None if is_over else lane_order(head, now.plan, now.lane, shard_id)
    if isinstance(now, Sealing) and shard_id in now.plan.participants:
        return None if shard_id in now.summaries else seal_order(now, shard_id)
    return None
