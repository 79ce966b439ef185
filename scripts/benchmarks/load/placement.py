"""Who lives on which shard, and who therefore may pay whom.

A recipient's home shard is its last four bytes modulo the shard count. Within a shard a transfer is one
step; so each shard gets senders of its own, funded by an account of that shard, and receivers of its own.
A shard on which no funded account lives takes no part in the load. A chain without shards is one shard.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.signing import Wallet
from quarkparsec.errors import InvalidInput
from quarkparsec.types import (
    RECIPIENT_BYTES,
    SHARD_KEY_BYTES,
    SHARD_KEY_MAX,
    Recipient,
    ShardId,
    home_key,
    is_shard_count,
    shard_of,
)

RECEIVERS_PER_SHARD: Final = 1_000


class Funder(NamedTuple):
    """The account that pays for a shard's senders."""

    wallet: Wallet
    balance: int
    """In wei."""


async def ask_shard_count(endpoint: Endpoint) -> int:
    """How many shards are behind the endpoint; 1 for a node that knows of none. Raises InvalidInput."""
    try:
        cluster = await endpoint.call("qp_getCluster")
    except RpcError:
        return 1
    return read_shard_count(cluster)


def read_shard_count(cluster: object) -> int:
    """The shard count in an answer of qp_getCluster, as a number or a quantity. Raises InvalidInput."""
    value = cluster.get("shardCount") if isinstance(cluster, Mapping) else None
    try:
        count = int(value, 16) if isinstance(value, str) else value
    except ValueError:
        count = None
    if not isinstance(count, int) or not is_shard_count(count):
        raise InvalidInput(f"qp_getCluster says that there are {value!r} shards")
    return count


def home_shard(recipient: Recipient, shard_count: int) -> ShardId:
    """The shard where an account lives."""
    return shard_of(home_key(recipient), shard_count)


def choose_funders(
    balances: Iterable[tuple[Wallet, int]], shard_count: int
) -> dict[ShardId, Funder]:
    """The richest account of each shard that has one with any money, by shard."""
    funders: dict[ShardId, Funder] = {}
    for wallet, balance in balances:
        shard_id = home_shard(wallet.recipient, shard_count)
        if balance > (funders[shard_id].balance if shard_id in funders else 0):
            funders[shard_id] = Funder(wallet, balance)
    return dict(sorted(funders.items()))


def spread(count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
    """`count` things shared out over shards, as evenly as it goes."""
    share, rest = divmod(count, len(shards))
    return {shard_id: share + (index < rest) for index, shard_id in enumerate(shards)}


def settle(
    candidates: Iterator[Wallet], wanted: Mapping[ShardId, int], shard_count: int
) -> dict[ShardId, list[Wallet]]:
    """Draw wallets until every shard has as many at home there as it wants; others are passed over."""
    settled: dict[ShardId, list[Wallet]] = {shard_id: [] for shard_id in wanted}
    missing = sum(wanted.values())
    while missing:
        wallet = next(candidates)
        shard_id = home_shard(wallet.recipient, shard_count)
        if len(settled.get(shard_id, ())) < wanted.get(shard_id, 0):
            settled[shard_id].append(wallet)
            missing -= 1
    return settled


def receivers(
    source: random.Random, shard_id: ShardId, shard_count: int, count: int = RECEIVERS_PER_SHARD
) -> list[Recipient]:
    """Addresses at home in a shard. Nobody has their keys: they only receive."""
    head_bytes = RECIPIENT_BYTES - SHARD_KEY_BYTES
    keys = [source.randrange(SHARD_KEY_MAX // shard_count) for _ in range(count)]
    return [
        Recipient(
            source.randbytes(head_bytes)
            + (key * shard_count + shard_id).to_bytes(SHARD_KEY_BYTES, "big")
        )
        for key in keys
    ]
