"""Replicas come to the states that the root chain names, and notice money in the wrong place."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import EMPTY_HASH
from quarkparsec.state.account import Account
from quarkparsec.state.tables import account_key
from quarkparsec.types import Nonce, Recipient, ShardId, ShardKey, Wei
from tests.serializability.replicas import Replicas
from tests.serializability.small_history import history
from tests.serializability.violation import Violation

STRANGER = Recipient(b"\x07" * 16 + (2).to_bytes(4, "big"))
"""At home in shard 2."""


def put(
    replicas: Replicas, shard: int, key: int, recipient: Recipient = STRANGER, nonce: int = 0
) -> None:
    template = next(account for _, account in replicas.shards[ShardId(0)].own_entries())
    empty = Account(Nonce(nonce), Wei(1), template.storage_root, EMPTY_HASH, ShardKey(key))
    store = replicas.shards[ShardId(shard)].store
    store.write({account_key(recipient): empty.encode()}, sync=True)


def test_all_is_in_its_place_after_real_work() -> None:
    _, replicas, root = history().busiest()
    replicas.check_places()
    assert replicas.own_balances() + root.fees_pending == root.supply


def test_money_that_a_user_has_abroad_is_found() -> None:
    replicas = history().replicas()
    put(replicas, 1, 1)
    with pytest.raises(Violation, match="has money abroad"):
        replicas.check_places()


def test_an_account_under_another_key_of_its_home_is_found() -> None:
    replicas = history().replicas()
    put(replicas, 2, 6)
    with pytest.raises(Violation, match="has money abroad"):
        replicas.check_places()


def test_a_contract_in_two_shards_is_found() -> None:
    replicas = history().replicas()
    put(replicas, 1, 1, nonce=1)
    put(replicas, 2, 2, nonce=1)
    with pytest.raises(Violation, match="is in two shards"):
        replicas.check_places()


def test_entries_of_foreign_keys_dont_count() -> None:
    replicas = history().replicas()
    before = replicas.own_balances()
    put(replicas, 1, 2)
    assert replicas.own_balances() == before
    replicas.check_places()
