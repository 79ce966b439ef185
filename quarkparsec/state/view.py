"""The state of a shard as of an epoch, for readers: it never changes, whatever is committed meanwhile.

After a split, what counts now counted in the past, too: a half shows no money that is its sibling's, at
whatever epoch.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import PrunedHistory
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import seen_in
from quarkparsec.state.history import value_as_of
from quarkparsec.state.stored import (
    decode_account,
    decode_word,
    read_code,
    read_head,
    read_oldest,
    read_place,
)
from quarkparsec.state.tables import account_key, code_key, storage_key
from quarkparsec.store import Reader
from quarkparsec.types import Epoch, Hash32, Recipient, Slot


class StateView:
    """A `StateSource` over a snapshot; may be used by any thread."""

    def __init__(self, snapshot: Reader, epoch: Epoch | None) -> None:
        """The state after `epoch`, by default the head.

        A shard makes no block in an epoch without work for it, so an epoch after its head reads as the
        head. Raises PrunedHistory for one that is no longer kept.
        """
        head = read_head(snapshot).epoch
        self.epoch: Final = head if epoch is None else min(epoch, head)
        self._snapshot: Final = snapshot
        self.place: Final = read_place(snapshot)
        """Which shard this is, in the snapshot."""
        self._is_head: Final = self.epoch == head
        if not self._is_head and self.epoch < read_oldest(snapshot):
            raise PrunedHistory(f"the state of block {epoch} is no longer kept")

    def account(self, recipient: Recipient) -> Account | None:
        """An entry as it is seen in this shard."""
        encoded = self._value(account_key(recipient))
        if encoded is None:
            return None
        return seen_in(self.place, recipient, decode_account(encoded), self._stored_code)

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        return decode_word(self._value(storage_key(recipient, slot)))

    def code(self, code_hash: Hash32) -> bytes:
        return read_code(self._snapshot, code_hash)

    def _stored_code(self, code_hash: Hash32) -> bytes | None:
        return self._snapshot.get(code_key(code_hash))

    def _value(self, key: bytes) -> bytes | None:
        if self._is_head:
            return self._snapshot.get(key)
        return value_as_of(self._snapshot, key, self.epoch)
