"""What is seen of an entry by those whom it isn't for.

Contracts of one shard key always share a shard, those of two keys need not. So whoever acts under another
key sees the same of an entry, whether it is in this shard or not: of a contract the stub `600080fd`
(PUSH1 0, DUP1, REVERT) without storage, of a user account nothing. Money doesn't show. The nonce does: it
belongs to the entry, whatever its key, and a transaction of the same sender that this shard would take
must have it.

A user account that delegates (EIP-7702) is a user account: to whom is known where it lives, and no shard can
tell what others' accounts delegate to.

After a split both halves have all entries. Those of keys that belong to the other half are *foreign*: they are
seen in the same reduced form by everybody, until the sweep writes that form down. What is left of a user
account is its nonce, so that no old transaction is taken again; without one it isn't there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account, delegate_of
from quarkparsec.state.place import Place
from quarkparsec.types import Hash32, Recipient, ShardKey, Wei

FOREIGN_STUB: Final = bytes.fromhex("600080fd")
"""PUSH1 0, DUP1, REVERT."""

FOREIGN_STUB_HASH: Final = keccak(FOREIGN_STUB)

CodeOf = Callable[[Hash32], bytes | None]
"""The code with a hash; None if the other half of a split shard has it."""


def seen_under(key: ShardKey | None, account: Account, code_of: CodeOf) -> Account:
    """An entry as seen by who acts under `key`; by None: as it is."""
    if key is None or key == account.shard_key:
        return account
    return _reduced(account, code_of)


def seen_in(
    place: Place, recipient: Recipient, account: Account, code_of: CodeOf
) -> Account | None:
    """A stored entry as it counts in a shard; None if it doesn't."""
    if place.owns(account.shard_key) or recipient in place.universal:
        return account
    reduced = _reduced(account, code_of)
    return reduced if reduced.nonce or reduced.has_code else None


def _reduced(account: Account, code_of: CodeOf) -> Account:
    code_hash = FOREIGN_STUB_HASH if _is_contract(account, code_of) else EMPTY_HASH
    return account._replace(balance=Wei(0), storage_root=EMPTY_TRIE_ROOT, code_hash=code_hash)


def _is_contract(account: Account, code_of: CodeOf) -> bool:
    if account.code_hash in (EMPTY_HASH, FOREIGN_STUB_HASH):
        return account.has_code
    code = code_of(account.code_hash)
    return code is None or delegate_of(code) is None
