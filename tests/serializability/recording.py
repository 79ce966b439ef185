"""A journal that notes whose entries are looked at and changed, and a state that has such journals.

It notes more than the locks do: what rolled back, and what the EVM only passed by. Entries, not slots,
because that is what is locked.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.state.entry import Entry
from quarkparsec.state.journal import Journal
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import Recipient, ShardKey


class Access(NamedTuple):
    """Whose entries something concerned, in one shard."""

    reads: frozenset[Recipient]
    """What is written is read, too."""
    writes: frozenset[Recipient]


class RecordingJournal(Journal):
    """What was accessed since it was asked last."""

    def take_access(self) -> Access:
        """What was accessed, and begin anew."""
        access = Access(frozenset(self._reads), frozenset(self._writes))
        self._reads.clear()
        self._writes.clear()
        return access

    def __init__(self, state: ShardState) -> None:
        super().__init__(state, state.place)
        self._reads: set[Recipient] = set()
        self._writes: set[Recipient] = set()

    def entry(self, recipient: Recipient) -> Entry:
        self._reads.add(recipient)
        return super().entry(recipient)

    def pay(
        self, frame_key: ShardKey, sender: Recipient, cost: int, recipient: Recipient, value: int
    ) -> None:
        self._writes |= {sender, recipient}
        super().pay(frame_key, sender, cost, recipient, value)

    def _written(self, recipient: Recipient) -> Entry:
        self._writes.add(recipient)
        return super()._written(recipient)
