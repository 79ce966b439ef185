"""What an entry looks like under another key."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import FOREIGN_STUB, seen_under
from quarkparsec.types import Hash32, Nonce, ShardKey, Wei

KEY = ShardKey(5)
USER = Account(Nonce(3), Wei(7), EMPTY_TRIE_ROOT, EMPTY_HASH, KEY)
CONTRACT = USER._replace(storage_root=Hash32(bytes(32)), code_hash=keccak(b"\x00"))


@pytest.mark.parametrize("account", [USER, CONTRACT])
def test_under_its_own_key_and_to_the_cluster_an_entry_is_as_it_is(account: Account) -> None:
    assert seen_under(KEY, account) == account
    assert seen_under(None, account) == account


def test_under_another_key_a_user_has_nothing_but_its_nonce() -> None:
    assert seen_under(ShardKey(9), USER) == USER._replace(balance=Wei(0))


def test_under_another_key_a_contract_is_the_stub() -> None:
    seen = seen_under(ShardKey(9), CONTRACT)
    assert seen.code_hash == keccak(bytes.fromhex("600080fd")) == keccak(FOREIGN_STUB)
    assert (seen.storage_root, seen.balance) == (EMPTY_TRIE_ROOT, 0)
    assert seen.nonce == CONTRACT.nonce
