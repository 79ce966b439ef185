"""The chain that a simulated cluster begins with, and its disks."""

from __future__ import annotations

from functools import cache
from typing import Final

from quarkparsec.chain.genesis import Genesis, Shuffle
from quarkparsec.root.genesis_block import first_batch
from quarkparsec.root.topology import SlavePlace
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.store import MemoryStore
from quarkparsec.types import Gas, Recipient, ShardId, ShardKey, Wei, home_key
from tests.simulation.contracts import DEPLOYER, DEPLOYER_CODE, FACTORY, LEDGER, TILL, TILL_CODE
from tests.simulation.wallet import CHAIN_ID, GWEI, wallets

WALLETS_PER_SHARD: Final = 3
GAS_LIMIT: Final = 1_000_000
SLAVES: Final = (SlavePlace("slave", "127.0.0.1", 7001),)
"""Where it is doesn't matter here: each shard is a process of its own."""


def ledger_of(group: int) -> Recipient:
    """The ledger that lives with a group of accounts from the beginning."""
    return Recipient(b"\x1e" * 16 + group.to_bytes(4, "big"))


def factory_of(group: int) -> Recipient:
    """The factory that lives with a group of accounts from the beginning."""
    return Recipient(b"\xfa" * 16 + group.to_bytes(4, "big"))


@cache
def genesis_of(
    shard_count: int,
    min_epoch_ms: int,
    heartbeat_ms: int,
    groups: int | None = None,
    shuffle: Shuffle = "none",
) -> Genesis:
    """A chain with groups of a few rich accounts, a ledger and a factory: one for every shard.

    Or more: those that will be in one shard after some splits.
    """
    groups = groups or shard_count
    alloc = {
        wallet.recipient: GenesisEntry(home_key(wallet.recipient), 0, 10**18, b"", {})
        for members in wallets(groups, WALLETS_PER_SHARD).values()
        for wallet in members
    }
    for group in range(groups):
        alloc[ledger_of(group)] = GenesisEntry(ShardKey(group), 1, 10**9, LEDGER, {})
        alloc[factory_of(group)] = GenesisEntry(ShardKey(group), 1, 10**9, FACTORY, {})
    return Genesis(
        chain_id=CHAIN_ID,
        fork="prague",
        shard_count=shard_count,
        timestamp=0,
        gas_limit=Gas(GAS_LIMIT),
        base_fee=Wei(GWEI),
        coinbase=Recipient(b"\xc0" * 20),
        min_epoch_ms=min_epoch_ms,
        heartbeat_ms=heartbeat_ms,
        history=4,
        archive=False,
        contract_key="home",
        shuffle=shuffle,
        extra_data=b"",
        alloc=alloc,
        universal_contracts={
            DEPLOYER: GenesisEntry(ShardKey(0), 1, 0, DEPLOYER_CODE, {}),
            TILL: GenesisEntry(ShardKey(0), 1, 0, TILL_CODE, {}),
        },
    )


@cache
def contents_of(
    shard_count: int, groups: int | None = None, shuffle: Shuffle = "none"
) -> tuple[MemoryStore, tuple[MemoryStore, ...]]:
    """Fresh disks: the master's and each shard's."""
    genesis = genesis_of(shard_count, 0, 0, groups, shuffle)
    master = MemoryStore()
    master.write(first_batch(genesis, SLAVES), sync=True)
    shards = []
    for shard_id in range(shard_count):
        store = MemoryStore()
        open_shard(store, genesis, ShardId(shard_id))
        shards.append(store)
    return master, tuple(shards)
