"""Everybody is put on the shard where they live."""

from __future__ import annotations

import random

import pytest
from benchmarks.load.placement import (
    choose_funders,
    home_shard,
    read_shard_count,
    receivers,
    settle,
    spread,
)
from benchmarks.signing import Wallet, wallets
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Recipient, ShardId

SHARD_COUNTS = st.sampled_from([1, 2, 4, 8, 16])


@given(st.binary(min_size=20, max_size=20), SHARD_COUNTS)
def test_the_home_shard_is_the_last_four_bytes_modulo_the_shard_count(
    recipient: bytes, count: int
) -> None:
    expected = int.from_bytes(recipient[-4:], "big") % count
    assert home_shard(Recipient(recipient), count) == expected


@pytest.mark.parametrize("value", [4, "0x4"])
def test_the_shard_count_is_read_as_number_or_quantity(value: object) -> None:
    assert read_shard_count({"shardCount": value, "shards": []}) == 4


@pytest.mark.parametrize("answer", [None, [], {}, {"shardCount": "0x3"}, {"shardCount": "four"}])
def test_anything_else_is_no_shard_count(answer: object) -> None:
    with pytest.raises(InvalidInput):
        read_shard_count(answer)


def test_each_shard_is_paid_for_by_its_richest_account() -> None:
    accounts = [Wallet(key) for key in derive_keys(TEST_MNEMONIC, 10)]
    balances = [(wallet, 10 + index) for index, wallet in enumerate(accounts)]
    funders = choose_funders(balances, 4)
    for shard_id, funder in funders.items():
        at_home = [
            balance for wallet, balance in balances if home_shard(wallet.recipient, 4) == shard_id
        ]
        assert funder.balance == max(at_home)
    assert set(funders) == {home_shard(wallet.recipient, 4) for wallet in accounts}


def test_an_account_without_money_pays_for_nobody() -> None:
    assert choose_funders([(Wallet(b"\x01" * 32), 0)], 1) == {}


@given(st.integers(0, 10_000), st.integers(1, 16))
def test_spreading_loses_nothing_and_is_even(count: int, shards: int) -> None:
    shares = spread(count, [ShardId(shard_id) for shard_id in range(shards)])
    assert sum(shares.values()) == count
    assert max(shares.values()) - min(shares.values()) <= 1


def test_wallets_settle_only_on_the_shards_that_want_them() -> None:
    wanted = {ShardId(1): 5, ShardId(3): 2}
    settled = settle(wallets(b"seed"), wanted, 4)
    assert {shard_id: len(members) for shard_id, members in settled.items()} == wanted
    for shard_id, members in settled.items():
        assert {home_shard(wallet.recipient, 4) for wallet in members} == {shard_id}


@given(SHARD_COUNTS, st.integers(0, 2**32))
def test_receivers_live_on_their_shard(count: int, seed: int) -> None:
    shard_id = ShardId(seed % count)
    found = receivers(random.Random(seed), shard_id, count, 20)
    assert len(set(found)) == 20
    assert {home_shard(recipient, count) for recipient in found} == {shard_id}
