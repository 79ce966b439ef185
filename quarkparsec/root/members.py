"""What the master knows of each shard.

A member is *joined* once its visit was answered with a Welcome, and *caught up* once it said that the root
chain's head is applied there. Only caught-up members take part in an epoch, and none is opened while a
joined member isn't, unless that member takes too long: then it is no member any more and must join again.
Too long is a matter of silence. A shard that works says so; then it has the time that a block's gas takes.

A member is *held* while its shard moves to another slave: it takes part in no epoch, and nothing is said to
it, so that its last block stays its last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from quarkparsec.limits import ANSWER_TIMEOUT_MS
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import epoch as wire

NO_VISIT: Final = wire.Visit(0, 0)
"""Before every visit of any shard."""


class Hold(Enum):
    """Whether a shard is kept out of the epochs."""

    NONE = auto()
    WANTED = auto()
    """From the next moment on in which no epoch is open and the shard has applied the last one."""
    TAKEN = auto()
    MOVED = auto()
    """That another slave holds the shard is being written: no way back."""


@dataclass(slots=True)
class Member:
    """One shard as the master sees it."""

    shard_id: ShardId
    visit: wire.Visit = NO_VISIT
    """The last one that it came with."""
    joined: bool = False
    applied: Epoch | None = None
    """The root block up to which it said to have applied everything, in this visit."""
    work: wire.Work = wire.Work.NONE
    """What waits in its pool."""
    asked_ms: int | None = None
    """When it was asked what it hasn't answered yet; None if it has."""
    said_ms: int = 0
    """When the master last said something to it that wants an answer."""
    working_ms: int = 0
    """When it last said that it works on that, or somebody did for whom it may be waiting."""
    hold: Hold = Hold.NONE

    @property
    def is_held(self) -> bool:
        """Whether nothing is said to it, and nothing that it says is heard."""
        return self.hold in (Hold.TAKEN, Hold.MOVED)

    @property
    def is_ready(self) -> bool:
        """Whether something can run in it, and it is there."""
        return self.joined and self.work == wire.Work.READY

    def is_caught_up(self, head: Epoch) -> bool:
        """Whether it may take part in the epoch after `head`."""
        return self.joined and self.applied == head

    def is_lost(self, now_ms: int, patience_ms: int) -> bool:
        """Whether it was silent for too long, or works on something that can't take so long."""
        if self.asked_ms is None:
            return False
        waited_ms = now_ms - self.asked_ms
        silent_ms = min(waited_ms, now_ms - self.working_ms)
        return silent_ms >= ANSWER_TIMEOUT_MS or waited_ms >= patience_ms

    def begin_visit(self, visit: wire.Visit) -> None:
        """It starts over: nothing that it said before counts."""
        self.visit = visit
        self.joined = False
        self.applied = None
        self.work = wire.Work.NONE

    def follow(self, epoch: Epoch, work: wire.Work) -> None:
        """It has applied root block `epoch`. Late and repeated news change nothing."""
        if self.applied is None or epoch > self.applied:
            self.applied, self.work = epoch, work
        elif epoch == self.applied:
            self.work = max(self.work, work)
