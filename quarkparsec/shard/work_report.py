"""What a shard tells the master of its work: that something waits, and again until an epoch opens.

Work is what the pool has for a block, and what a split has left to do: entries to sweep, rows to delete. The
latter goes on with blocks only, so that it takes turns with what clients want.
"""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.chain.block import SWEPT
from quarkparsec.effects import Effects
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.shard_chain import ShardChain
from quarkparsec.types import Recipient
from quarkparsec.wire.epoch import Committed, HasWork, Work


class WorkReport:
    """What the master has been told last, and what it should be told."""

    def __init__(self, chain: ShardChain, pool: Pool, effects: Effects[Any]) -> None:
        self._chain: Final = chain
        self._pool: Final = pool
        self._effects: Final = effects
        self._told = Work.NONE

    def admitted(self, now_ms: int, term: int, sender: Recipient) -> None:
        """A transaction of `sender` came in: tell the master if it hadn't heard of so much work."""
        work = self._pool.work_of(sender, self._chain.root_head.base_fee)
        if work > self._told:
            self._say(now_ms, term, work)

    def repeat(self, now_ms: int, term: int) -> None:
        """The shard is idle: say what waits, if anything does."""
        self._say(now_ms, term, self._work())

    def committed(self, now_ms: int, term: int) -> None:
        """The shard is at the root chain's head, and this is what waits."""
        self._told = self._work()
        shard_id, epoch = self._chain.state.shard_id, self._chain.root_head.epoch
        self._effects.send(Committed(shard_id, term, epoch, self._told))
        if self._told != Work.NONE:
            self._effects.wake_at(now_ms + RESEND_MS)

    def _work(self) -> Work:
        state = self._chain.state
        if state.sweep != SWEPT:
            return Work.READY
        garbage = Work.PATIENT if state.has_garbage else Work.NONE
        return max(garbage, self._pool.work(self._chain.root_head.base_fee))

    def _say(self, now_ms: int, term: int, work: Work) -> None:
        self._told = work
        if work != Work.NONE:
            self._effects.send(HasWork(self._chain.state.shard_id, term, work))
            self._effects.wake_at(now_ms + RESEND_MS)
