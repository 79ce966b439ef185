"""Shard keys and 24-byte addresses as clients see them, with the shard that holds them now."""

from __future__ import annotations

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.types import Address, ShardKey, shard_of


def shard_key_view(key: ShardKey, shard_count: int) -> dict[str, str]:
    """A key and its shard."""
    return {"shardKey": quantity(key), "shardId": quantity(shard_of(key, shard_count))}


def address_view(address: Address, shard_count: int) -> dict[str, str]:
    """An address, and its key and shard."""
    return {"address": data(address.encode()), **shard_key_view(address.shard_key, shard_count)}
