"""Chain ids: of the cluster, and of each shard key as a network of its own.

A cluster has a chain id C below 2^20, chosen in genesis. Who signs for C leaves it to the cluster where
accounts live. Who signs for `C · 2^32 + k` acts at the shard key k: sender and target are both the
accounts of that key. Wallets hold such numbers: they stay below 2^52 (MetaMask's last one is 2^52 - 20).

No two pairs (C, k) share a number, and no C is a pair's number, so that a signature is valid on one network
only (EIP-155).
"""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import InvalidInput
from quarkparsec.types import SHARD_KEY_MAX, ShardKey

CLUSTER_BITS: Final = 20
"""A cluster's chain id has at most so many."""

_KEY_BITS: Final = 32


def is_cluster_chain_id(chain_id: int) -> bool:
    """Whether a cluster may have this chain id."""
    return 0 < chain_id < 1 << CLUSTER_BITS


def key_chain_id(cluster: int, key: ShardKey) -> int:
    """The chain id of a shard key in a cluster. Raises InvalidInput for what is neither."""
    if not is_cluster_chain_id(cluster):
        raise InvalidInput(f"a cluster's chain id is below 2^{CLUSTER_BITS}, not {cluster}")
    if not 0 <= key <= SHARD_KEY_MAX:
        raise InvalidInput(f"a shard key has {_KEY_BITS} bits, not {key}")
    return cluster << _KEY_BITS | key


def split_chain_id(chain_id: int) -> tuple[int, ShardKey | None]:
    """The cluster and the shard key that a chain id stands for.

    An id that stands for no key is returned as it is, with None: a cluster's, or that of a foreign chain.
    """
    cluster, key = divmod(chain_id, 1 << _KEY_BITS)
    if is_cluster_chain_id(cluster):
        return cluster, ShardKey(key)
    return chain_id, None
