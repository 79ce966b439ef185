"""A split in the root chain: one root block after which there are twice as many shards.

The block that splits is an ordinary one: it commits what N shards did in its epoch. But it has 2N summaries,
those of the epoch to come. Shard s is followed by s and s + N, and both begin at the block and the state
that s has then: the second summary is the first one carried over under another number. Each of the two
holds all entries of the old shard and has to sweep those of the other.

So the split happens when that block becomes durable: at once, and for all shards. Before it nothing has
changed, after it everything follows from it, however long a shard takes to divide its data.
"""

from __future__ import annotations

from quarkparsec.chain.block import SWEEP_BEGINS, SWEPT, RootBlock, ShardSummary
from quarkparsec.errors import Rejected
from quarkparsec.limits import SHARDS_MAX
from quarkparsec.types import RECIPIENT_BYTES, ShardId, is_shard_count


def check_split(head: RootBlock, shard_count: int) -> None:
    """Raise Rejected unless a block after `head` may split the shards into `shard_count`."""
    if not is_shard_count(shard_count):
        raise Rejected(f"{shard_count} is no power of two")
    if shard_count != 2 * head.shard_count:
        raise Rejected(f"{head.shard_count} shards can be split into {2 * head.shard_count} only")
    if shard_count > SHARDS_MAX:
        raise Rejected(f"{shard_count} shards are more than the {SHARDS_MAX} that there can be")
    for summary in head.summaries:
        if summary.sweep != SWEPT:
            done = f"{swept_percent(summary.sweep)} % done"
            raise Rejected(f"shard {summary.shard_id} is still swept after the last split: {done}")


def divide(summaries: tuple[ShardSummary, ...]) -> tuple[ShardSummary, ...]:
    """The summaries of twice as many shards, each with its sweep before it."""
    children = [
        each.carried_over()._replace(shard_id=ShardId(each.shard_id + len(summaries)))
        for each in summaries
    ]
    return tuple(each._replace(sweep=SWEEP_BEGINS) for each in (*summaries, *children))


def undivided(block: RootBlock, parent: RootBlock) -> tuple[ShardSummary, ...]:
    """The summaries of the shards that there were in the epoch of `block`, before it may have split them."""
    if block.shard_count == parent.shard_count:
        return block.summaries
    return tuple(each._replace(sweep=SWEPT) for each in block.summaries[: parent.shard_count])


def swept_percent(sweep: bytes) -> int:
    """How far a sweep has come: recipients are hashes, so they are spread evenly."""
    if sweep == SWEPT:
        return 100
    return int.from_bytes(sweep, "big") * 100 >> 8 * RECIPIENT_BYTES


def goes_on(before: bytes, after: bytes) -> bool:
    """Whether a sweep may have come from one cursor to the other in a block: it only goes on."""
    return after == SWEPT or (before != SWEPT and after >= before)
