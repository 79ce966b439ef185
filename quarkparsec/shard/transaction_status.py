"""How far a transaction has come in one shard, told from where the shard's machine stands.

    pool      ADMITTED
    round     Executing: what lane 1 was given is ORDERED, with the number that the worker gives it
              Executed, Crossing, Sealing, Storing: what has a receipt is EXECUTED;
              in lane 3, what the plan debits before everybody has taken it is ORDERED
              Sealed, Committing: the block is SEALED
    blocks    COMMITTED

A transaction may be known to two shards, its sender's and the one that executes it: the greater stage is true.

Only COMMITTED is for good. What a block leaves out, and everything of a round that is aborted, is ADMITTED
again. For the same reason the n of what is ORDERED may still change: blocks number what they hold.

This is a function of the machine between two steps, so whoever wants to follow a transaction asks after each
step (`stepped` of the driver), and has something to tell when the answer is another one. What a job is
writing is not looked at: a draft is read as far as it was written when no job had it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from quarkparsec.chain.serial_order import IN_SHARD, TRANSFERS
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.block_draft import BlockDraft, Extent
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.open_round import OpenRound
from quarkparsec.shard.states import (
    Committing,
    Crossing,
    Executed,
    Executing,
    Sealed,
    Sealing,
    State,
    Storing,
)
from quarkparsec.types import Fingerprint, Hash32, Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.queries import FoundStatus


def acknowledge(machine: ShardMachine, hashes: tuple[Hash32, ...]) -> TransactionAck:
    """What is said about transactions that the machine has just admitted."""
    head = machine.root_head
    return TransactionAck(
        hashes, head.next_epoch, head.since_ms // 1000, machine.shard_id, Stage.ADMITTED
    )


def status_of(
    machine: ShardMachine, blocks: BlockStore, transaction_hash: Hash32
) -> FoundStatus | None:
    """How far the shard knows a transaction to have come; None if it doesn't know it.

    A shard that hasn't been welcomed yet, or replays, can't know what has become of its last block: wait.
    """
    place = blocks.place(transaction_hash)
    if place is not None:
        fingerprint = blocks.fingerprint(place)
        seen: _Seen | None = _Seen(Stage.COMMITTED, fingerprint, place.position)
    else:
        seen = _in_round(machine.state, transaction_hash)
    if seen is None:
        return _in_pool(machine, transaction_hash)
    stage, fingerprint, position = seen
    return FoundStatus(machine.shard_id, stage, fingerprint.epoch, fingerprint, position)


def furthest(statuses: Iterable[FoundStatus | None]) -> FoundStatus | None:
    """What is true of a transaction of which several shards were asked."""
    known = [status for status in statuses if status is not None]
    return max(known, key=lambda status: status.stage, default=None)


class _Seen(NamedTuple):
    stage: Stage
    fingerprint: Fingerprint
    position: int = 0
    """In the block, of what is executed."""


def _in_pool(machine: ShardMachine, transaction_hash: Hash32) -> FoundStatus | None:
    item = machine.pool.find(transaction_hash)
    if item is None:
        return None
    is_queued = machine.pool.is_queued(item)
    return FoundStatus(machine.shard_id, Stage.ADMITTED, item.epoch, is_queued=is_queued)


def _in_round(state: State, transaction_hash: Hash32) -> _Seen | None:
    match state:
        case Executing():
            return _in_first_lane(state.open_round, transaction_hash)
        case Crossing():
            draft, extent = state.open_round.draft, state.run.extent
            return _in_draft(draft, extent, transaction_hash) or _in_plan(state, transaction_hash)
        case Executed() | Sealing():
            draft = state.open_round.draft
            return _in_draft(draft, draft.extent, transaction_hash)
        case Storing():
            return _in_block(state.built, Stage.EXECUTED, transaction_hash)
        case Sealed() | Committing() if state.built is not None:
            return _in_block(state.built, Stage.SEALED, transaction_hash)
    return None


def _in_first_lane(open_round: OpenRound, transaction_hash: Hash32) -> _Seen | None:
    number = open_round.order.number(transaction_hash)
    if number is None:
        return None
    return _Seen(Stage.ORDERED, Fingerprint(open_round.round.epoch, IN_SHARD, number))


def _in_plan(crossing: Crossing, transaction_hash: Hash32) -> _Seen | None:
    """The number in lane 3's plan of a transfer that isn't in the draft yet."""
    epoch = crossing.open_round.round.epoch
    for number, (candidate, _) in enumerate(crossing.run.ordered):
        if candidate.transaction.hash == transaction_hash:
            return _Seen(Stage.ORDERED, Fingerprint(epoch, TRANSFERS, number))
    return None


def _in_draft(draft: BlockDraft, extent: Extent, transaction_hash: Hash32) -> _Seen | None:
    position = draft.positions.find(transaction_hash, extent.entries)
    if position is None:
        return None
    return _Seen(Stage.EXECUTED, draft.serial_order(extent).turn(position).fingerprint, position)


def _in_block(built: BuiltBlock, stage: Stage, transaction_hash: Hash32) -> _Seen | None:
    block = built.block
    position = built.positions.find(transaction_hash, len(block.entries))
    if position is None:
        return None
    return _Seen(stage, block.serial_order.turn(position).fingerprint, position)
