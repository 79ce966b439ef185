"""Addresses, keys and the arithmetic between keys and shards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import InvalidInput
from quarkparsec.types import (
    SHARD_KEY_MAX,
    Address,
    Recipient,
    ShardKey,
    home_key,
    is_shard_count,
    shard_of,
)

KEYS = st.integers(0, SHARD_KEY_MAX).map(ShardKey)
RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)


@given(RECIPIENTS, KEYS)
def test_an_address_is_the_recipient_and_then_the_key(recipient: Recipient, key: ShardKey) -> None:
    encoded = Address(recipient, key).encode()
    assert encoded == recipient + key.to_bytes(4, "big")
    assert Address.decode(encoded) == (recipient, key)


@pytest.mark.parametrize("size", [0, 20, 23, 25])
def test_an_address_has_24_bytes(size: int) -> None:
    with pytest.raises(InvalidInput):
        Address.decode(bytes(size))


def test_the_home_key_is_the_last_four_bytes() -> None:
    assert home_key(Recipient(bytes(16) + b"\x01\x02\x03\x04")) == 0x01020304


@given(KEYS, st.integers(0, 31))
def test_doubling_the_shards_splits_each_in_two(key: ShardKey, power: int) -> None:
    count = 2**power
    before, after = shard_of(key, count), shard_of(key, 2 * count)
    assert before == key % count
    assert after in (before, before + count)


def test_shard_counts_are_powers_of_two_that_keys_can_tell_apart() -> None:
    counts = [count for count in range(-4, 70) if is_shard_count(count)]
    assert counts == [1, 2, 4, 8, 16, 32, 64]
    assert is_shard_count(2**32)
    assert not is_shard_count(2**33)
