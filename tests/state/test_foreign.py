"""What an entry looks like under another key, and in the shard that it was split off from."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import DELEGATION_PREFIX, Account
from quarkparsec.state.foreign import FOREIGN_STUB, seen_in, seen_under
from quarkparsec.state.place import Place
from quarkparsec.types import Hash32, Nonce, Recipient, ShardId, ShardKey, Wei

KEY = ShardKey(5)
USER = Account(Nonce(3), Wei(7), EMPTY_TRIE_ROOT, EMPTY_HASH, KEY)
NOT_USED = USER._replace(nonce=Nonce(0))
CONTRACT = USER._replace(storage_root=Hash32(bytes(32)), code_hash=keccak(b"\x00"))
STUB = CONTRACT._replace(
    balance=Wei(0), storage_root=EMPTY_TRIE_ROOT, code_hash=keccak(FOREIGN_STUB)
)
DELEGATION = DELEGATION_PREFIX + bytes(20)
DELEGATED = CONTRACT._replace(code_hash=keccak(DELEGATION))
WHO = Recipient(bytes(20))
HERE, ELSEWHERE = Place(ShardId(1), 4), Place(ShardId(5), 8).halves()[1]


def code_of(code_hash: Hash32) -> bytes | None:
    return {keccak(code): code for code in (b"\x00", DELEGATION)}.get(code_hash)


@pytest.mark.parametrize("account", [USER, CONTRACT, DELEGATED])
def test_under_its_own_key_and_to_the_cluster_an_entry_is_as_it_is(account: Account) -> None:
    assert seen_under(KEY, account, code_of) == account
    assert seen_under(None, account, code_of) == account
    assert seen_in(HERE, WHO, account, code_of) == account


@pytest.mark.parametrize("account", [USER, DELEGATED])
def test_under_another_key_a_user_has_nothing_but_its_nonce(account: Account) -> None:
    reduced = USER._replace(balance=Wei(0))
    assert seen_under(ShardKey(9), account, code_of) == reduced
    assert seen_in(ELSEWHERE, WHO, account, code_of) == reduced


def test_under_another_key_a_contract_is_the_stub() -> None:
    assert STUB.code_hash == keccak(bytes.fromhex("600080fd"))
    assert seen_under(ShardKey(9), CONTRACT, code_of) == STUB
    assert seen_in(ELSEWHERE, WHO, CONTRACT, code_of) == STUB


def test_what_is_reduced_once_stays_as_it_is() -> None:
    assert seen_in(ELSEWHERE, WHO, STUB, code_of) == STUB
    assert seen_in(ELSEWHERE, WHO, CONTRACT, lambda _: None) == STUB


def test_where_it_doesnt_count_a_user_without_a_nonce_isnt_there() -> None:
    assert seen_in(ELSEWHERE, WHO, NOT_USED, code_of) is None
    assert seen_in(HERE, WHO, NOT_USED, code_of) == NOT_USED


def test_what_every_shard_has_counts_in_every_shard() -> None:
    place = ELSEWHERE._replace(universal=frozenset({WHO}))
    assert seen_in(place, WHO, CONTRACT, code_of) == CONTRACT
