"""What is seen of an entry by those whom it isn't for.

Contracts of one shard key always share a shard, those of two keys need not. So whoever acts under another
key sees the same of an entry, whether it is in this shard or not: of a contract the stub `600080fd`
(PUSH1 0, DUP1, REVERT) without storage, of a user account nothing. Money doesn't show. The nonce does: it
belongs to the entry, whatever its key, and a transaction of the same sender that this shard would take
must have it.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.types import ShardKey, Wei

FOREIGN_STUB: Final = bytes.fromhex("600080fd")
"""PUSH1 0, DUP1, REVERT."""

FOREIGN_STUB_HASH: Final = keccak(FOREIGN_STUB)


def seen_under(key: ShardKey | None, account: Account) -> Account:
    """An entry as seen by who acts under `key`; by None: as it is."""
    if key is None or key == account.shard_key:
        return account
    code_hash = FOREIGN_STUB_HASH if account.has_code else EMPTY_HASH
    return account._replace(balance=Wei(0), storage_root=EMPTY_TRIE_ROOT, code_hash=code_hash)
