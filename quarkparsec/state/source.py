"""What a journal lies over."""

from __future__ import annotations

from typing import Protocol

from quarkparsec.state.account import Account
from quarkparsec.types import Hash32, Recipient, Slot


class StateSource(Protocol):
    """The state below a journal, fixed while the journal lives."""

    def account(self, recipient: Recipient) -> Account | None:
        """The entry, or None."""

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        """The word stored in a slot; 0 when there is none."""

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that hash. Raises Corrupt if it isn't there."""
