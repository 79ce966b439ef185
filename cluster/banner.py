"""What a person needs to know once a cluster runs: where it is, and whose keys have money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cluster.config import ClusterConfig
from cluster.layout import DataDirectory
from quarkparsec.chain.genesis import Genesis
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of
from quarkparsec.types import home_key, shard_of

TEST_ACCOUNTS: Final = 10
WEI_PER_ETHER: Final = 10**18


def banner(
    config: ClusterConfig, genesis: Genesis, directory: DataDirectory, cluster: Mapping[str, Any]
) -> Iterator[str]:
    """The lines that the launcher prints when everything is up. Keys stand whole, to be copied.

    `cluster` is what `qp_getCluster` answers.
    """
    shard_count = int(cluster["shardCount"], 16)
    yield f"JSON-RPC   http://{config.gateway.host}:{config.gateway.port}"
    yield f"admin      http://{config.admin.host}:{config.admin.port} (token in {directory.token})"
    yield f"chain id   {genesis.chain_id}"
    yield f"block      {int(cluster['epoch'], 16)}"
    yield f"shards     {shard_count}: {_holdings(cluster)}"
    yield f"data       {directory.path}"
    accounts = list(_accounts(genesis, shard_count))
    if accounts:
        yield f"\n{'account':42}  {'private key':66}  shard   ether"
        yield from accounts
        yield f"mnemonic: {TEST_MNEMONIC} (everybody has these keys)"


def _holdings(cluster: Mapping[str, Any]) -> str:
    """Each slave with its shards."""
    held: dict[str, list[int]] = {slave["name"]: [] for slave in cluster["slaves"]}
    for shard in cluster["shards"]:
        held[shard["slave"]].append(int(shard["shardId"], 16))
    return ", ".join(f"{name} {shards}" for name, shards in held.items())


def _accounts(genesis: Genesis, shard_count: int) -> Iterator[str]:
    """The keys of the test mnemonic, if this chain gave them money."""
    for key in derive_keys(TEST_MNEMONIC, TEST_ACCOUNTS):
        recipient = recipient_of(key)
        allocated = genesis.alloc.get(recipient)
        if allocated is not None:
            shard = shard_of(home_key(recipient), shard_count)
            ether = f"{allocated.balance // WEI_PER_ETHER:,}"
            yield f"0x{recipient.hex()}  0x{key.hex()}  {shard:5}  {ether:>6}"
