"""When the next epoch opens, and which shards take part in it.

An epoch is opened for work: `min_epoch_ms` after the last one if something can run, more slowly if all
that waits is priced below the base fee (an empty block lets the base fee sink), and now and then if the
genesis file asks for a heartbeat. None is opened while a joined shard has not applied the head.
"""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.chain.genesis import Genesis
from quarkparsec.limits import UNDERPRICED_EPOCH_MS
from quarkparsec.root.members import Member
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import Work


def interval_to_next_ms(genesis: Genesis, members: Sequence[Member], head: Epoch) -> int | None:
    """How long after the last opening; None while nothing asks for an epoch or somebody lags."""
    present = [member for member in members if member.joined]
    if not all(member.is_caught_up(head) for member in present):
        return None
    intervals_ms = []
    work = max((member.work for member in present), default=Work.NONE)
    if work == Work.READY:
        intervals_ms.append(genesis.min_epoch_ms)
    if work == Work.UNDERPRICED:
        intervals_ms.append(max(genesis.min_epoch_ms, UNDERPRICED_EPOCH_MS))
    if genesis.heartbeat_ms:
        intervals_ms.append(genesis.heartbeat_ms)
    return min(intervals_ms, default=None)


def participants(members: Sequence[Member], coinbase_home: ShardId) -> tuple[ShardId, ...]:
    """The shards that have work, and the coinbase's home, where the tips of all must arrive."""
    return tuple(
        member.shard_id
        for member in members
        if member.joined and (member.work == Work.READY or member.shard_id == coinbase_home)
    )
