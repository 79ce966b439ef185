"""The state of a shard as of an epoch, for readers: it never changes, whatever is committed meanwhile."""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import Corrupt
from quarkparsec.state.account import Account
from quarkparsec.state.history import value_as_of
from quarkparsec.state.tables import account_key, code_key, storage_key
from quarkparsec.store import Reader
from quarkparsec.types import Epoch, Hash32, Recipient, Slot


class StateView:
    """A `StateSource` over a snapshot; may be used by any thread."""

    def __init__(self, reader: Reader, epoch: Epoch, *, at_head: bool) -> None:
        self.epoch: Final = epoch
        self._reader: Final = reader
        self._at_head: Final = at_head

    def account(self, recipient: Recipient) -> Account | None:
        encoded = self._value(account_key(recipient))
        return None if encoded is None else Account.decode(encoded)

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        return int.from_bytes(self._value(storage_key(recipient, slot)) or b"", "big")

    def code(self, code_hash: Hash32) -> bytes:
        return read_code(self._reader, code_hash)

    def _value(self, key: bytes) -> bytes | None:
        if self._at_head:
            return self._reader.get(key)
        return value_as_of(self._reader, key, self.epoch)


def read_code(reader: Reader, code_hash: Hash32) -> bytes:
    """The code with a hash. Raises Corrupt if it isn't there."""
    code = reader.get(code_key(code_hash))
    if code is None:
        raise Corrupt(f"there is no code {code_hash.hex()}")
    return code
