"""An account that exists from the beginning."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.state.entry import EntryChange
from quarkparsec.types import Nonce, ShardKey, Slot, Wei


class GenesisEntry(NamedTuple):
    """What epoch 0 holds under one recipient."""

    shard_key: ShardKey
    nonce: int
    balance: int
    code: bytes
    storage: dict[Slot, int]

    def change(self) -> EntryChange:
        """Its appearance, as a change."""
        account = Account(
            Nonce(self.nonce),
            Wei(self.balance),
            EMPTY_TRIE_ROOT,
            keccak(self.code),
            self.shard_key,
        )
        return EntryChange(None, account, self.storage, dict.fromkeys(self.storage, 0))
