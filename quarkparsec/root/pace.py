"""When the next epoch opens, and which shards take part in it.

An epoch is opened for work: `min_epoch_ms` after the last one if something can run, more slowly if all
that waits is priced below the base fee (an empty block lets the base fee sink) or if the last epoch was
*fruitless*: what should have run needs a shard that is away. Now and then one is opened if the genesis file
asks for a heartbeat, and one for a split that is waiting for its block. None is opened while a joined shard
has not applied the head.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.chain.block import SWEPT, RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.limits import SLOW_EPOCH_MS
from quarkparsec.root.members import Member
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import Work


class Pace:
    """When and why the last attempt at an epoch began, and what came of the last epoch."""

    def __init__(self, genesis: Genesis) -> None:
        self._genesis: Final = genesis
        self._opened_ms = 0
        self._had_work = False
        """Whether the last attempt began because something could run."""
        self._was_fruitless = False

    def opened(self, now_ms: int, members: Iterable[Member]) -> None:
        """An attempt begins."""
        self._opened_ms = now_ms
        self._had_work = any(member.is_ready for member in members)

    def committed(self, before: RootBlock, block: RootBlock) -> None:
        """An epoch is over: did it do anything for those that had work?"""
        is_empty = not any(summary.transaction_count for summary in block.summaries)
        self._was_fruitless = self._had_work and is_empty and not _has_swept(before, block)

    def due_ms(
        self, members: Iterable[Member], head: Epoch, *, is_awaited: bool = False
    ) -> int | None:
        """When the next attempt may begin; None while nothing asks for one or somebody lags.

        `is_awaited`: somebody waits for the next block, whatever is in it.
        """
        present = [member for member in members if member.joined]
        if not all(member.is_caught_up(head) for member in present):
            return None
        intervals_ms = []
        work = max((member.work for member in present), default=Work.NONE)
        if is_awaited or (work == Work.READY and not self._was_fruitless):
            intervals_ms.append(self._genesis.min_epoch_ms)
        elif work != Work.NONE:
            intervals_ms.append(max(self._genesis.min_epoch_ms, SLOW_EPOCH_MS))
        if self._genesis.heartbeat_ms:
            intervals_ms.append(self._genesis.heartbeat_ms)
        return self._opened_ms + min(intervals_ms) if intervals_ms else None


def _has_swept(before: RootBlock, block: RootBlock) -> bool:
    """Whether some shard has come further in its sweep; a shard that has just been split hasn't."""
    pairs = zip(before.summaries, block.summaries, strict=False)
    return any(old.sweep not in (SWEPT, new.sweep) for old, new in pairs)


def participants(members: Iterable[Member], coinbase_home: ShardId) -> tuple[ShardId, ...]:
    """The shards that have work, and the coinbase's home, where the tips of all must arrive."""
    return tuple(
        member.shard_id
        for member in members
        if member.is_ready or (member.joined and member.shard_id == coinbase_home)
    )
