"""What a shard tells the master of its pool: that transactions wait, and again until an epoch opens."""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.effects import Effects
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.root_head import RootHead
from quarkparsec.types import Recipient, ShardId
from quarkparsec.wire.epoch import Committed, HasWork, Work


class WorkReport:
    """What the master has been told last, and what it should be told."""

    def __init__(self, shard_id: ShardId, pool: Pool, effects: Effects[Any]) -> None:
        self._shard_id: Final = shard_id
        self._pool: Final = pool
        self._effects: Final = effects
        self._told = Work.NONE

    def admitted(self, now_ms: int, term: int, sender: Recipient, head: RootHead) -> None:
        """A transaction of `sender` came in: tell the master if it hadn't heard of so much work."""
        work = self._pool.work_of(sender, head.base_fee)
        if work > self._told:
            self._say(now_ms, term, work)

    def repeat(self, now_ms: int, term: int, head: RootHead) -> None:
        """The shard is idle: say what waits, if anything does."""
        self._say(now_ms, term, self._pool.work(head.base_fee))

    def committed(self, now_ms: int, term: int, head: RootHead) -> None:
        """The shard is at the root chain's head, and this is what waits."""
        self._told = self._pool.work(head.base_fee)
        self._effects.send(Committed(self._shard_id, term, head.epoch, self._told))
        if self._told != Work.NONE:
            self._effects.wake_at(now_ms + RESEND_MS)

    def _say(self, now_ms: int, term: int, work: Work) -> None:
        self._told = work
        if work != Work.NONE:
            self._effects.send(HasWork(self._shard_id, term, work))
            self._effects.wake_at(now_ms + RESEND_MS)
