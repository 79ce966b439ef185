"""The root chain: every block follows from the one before and from what its shards reported.

A root header is computed, not chosen: its base fee and seed come from the parent, its roots, bloom and gas
from the summaries. So a block is checked by making its header again and comparing field by field; the
money follows the equations of `quarkparsec.root.blocks`. A block that splits the shards doubles them, when all are
swept, and what it says of them follows from what it would have said otherwise. What the shards reported is
checked in `bodies`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from quarkparsec.audit.findings import Findings, Note
from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.root.blocks import check_summary, root_header
from quarkparsec.root.epoch_plan import EpochPlan, plan_epoch
from quarkparsec.root.genesis_block import genesis_root_block
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.split import check_split, divide, undivided
from quarkparsec.types import Epoch, Wei
from quarkparsec.wire.epoch import Round


def check_root_chain(
    chain: RootStore,
    genesis: Genesis,
    numbers: Iterable[int],
    findings: Findings,
) -> None:
    """Check root blocks `numbers`, which follow one another from 0."""
    parent: RootBlock | None = None
    for number in numbers:
        block = None
        with findings.at(Epoch(number), None, "root chain") as note:
            block = _stored_block(chain, Epoch(number), note)
            if block is not None and number == 0:
                _check_genesis(block, genesis, note)
            elif block is not None and parent is not None:
                _check_follows(block, parent, note)
        parent = block


def _stored_block(chain: RootStore, number: Epoch, note: Note) -> RootBlock | None:
    block = chain.block(number)
    if block is None:
        note("the root block is missing")
        return None
    if block.number != number:
        note(f"the block that is stored here has number {block.number}")
    if chain.epoch_of(block.hash) != number:
        note(f"the index doesn't lead from hash {block.hash.hex()} to this block")
    return block


def _check_genesis(block: RootBlock, genesis: Genesis, note: Note) -> None:
    if block != genesis_root_block(genesis):
        note("root block 0 isn't what the genesis file gives")


def _check_follows(block: RootBlock, parent: RootBlock, note: Note) -> None:
    if not is_successor(block, parent):
        note(f"{block.shard_count} shards, or who took part, can't be after {parent.shard_count}")
        return
    summaries = undivided(block, parent)
    if block.shard_count != parent.shard_count:
        try:
            check_split(parent, block.shard_count)
        except Rejected as refusal:
            note(f"the shards were split too early: {refusal}")
        _check_halves(block, divide(summaries), note)
    plan = _plan_of(block, parent)
    for summary in summaries:
        _check_summary(summary, plan, parent, note)
    wanted = root_header(parent, plan, block.summaries, block.fees_pending, block.supply)
    _compare_headers(block.header, wanted, note)
    _check_money(block, parent, note)


def _check_halves(block: RootBlock, wanted: tuple[ShardSummary, ...], note: Note) -> None:
    for found, due in zip(block.summaries, wanted, strict=True):
        if found != due:
            note(f"shard {due.shard_id} doesn't begin as the split leaves it")


def _plan_of(block: RootBlock, parent: RootBlock) -> EpochPlan:
    """What the master must have decided when it opened the epoch."""
    epoch_round = Round(Epoch(parent.number + 1), 0, 0)
    return plan_epoch(parent, epoch_round, block.participants, {}, block.header.timestamp * 1_000)


def _check_summary(summary: ShardSummary, plan: EpochPlan, parent: RootBlock, note: Note) -> None:
    shard_id = summary.shard_id
    if shard_id not in plan.participants:
        if summary != parent.summaries[shard_id].carried_over():
            note(f"shard {shard_id} took no part, but its summary isn't carried over")
        return
    try:
        check_summary(summary, plan, parent, summary.tips)
    except InvalidInput as error:
        note(f"shard {shard_id}: {error}")


def _compare_headers(found: Header, wanted: Header, note: Note) -> None:
    for field in fields(Header):
        have, want = getattr(found, field.name), getattr(wanted, field.name)
        if have != want:
            note(f"{field.name} is {_show(have)}, but the epoch gives {_show(want)}")


def _check_money(block: RootBlock, parent: RootBlock, note: Note) -> None:
    supply = parent.supply - sum(each.burned for each in block.summaries)
    if block.supply != supply:
        note(f"the supply is {block.supply}, but {supply} is left after what was burned")
    if fees_credited(block, parent) < 0:
        note("more fees are pending than were paid")


def is_successor(block: RootBlock, parent: RootBlock) -> bool:
    """Whether what `block` says of shards can be said after `parent`: as many, or twice as many."""
    count = parent.shard_count
    is_count = block.shard_count in (count, 2 * count)
    return is_count and all(shard_id < count for shard_id in block.participants)


def fees_credited(block: RootBlock, parent: RootBlock) -> Wei:
    """What the coinbase must have been credited in the epoch."""
    tips = sum(each.tips for each in block.summaries)
    return Wei(parent.fees_pending + tips - block.fees_pending)


def _show(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
