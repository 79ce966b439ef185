"""How a root chain begins.

Root block 0 names block 0 of every shard, and all the money that the genesis file gives out. Where the shards
are is decided once, too, from the slaves of the configuration; from then on the database knows.
"""

from __future__ import annotations

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM
from quarkparsec.chain.commitments import root_state_root
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.root.root_store import RootStore, block_batch, topology_batch
from quarkparsec.root.topology import SlavePlace, first_topology
from quarkparsec.shard.genesis_block import genesis_header
from quarkparsec.store import Batch, Store
from quarkparsec.types import Epoch, Gas, ShardId, Wei


def open_root_chain(store: Store, genesis: Genesis, slaves: tuple[SlavePlace, ...]) -> RootStore:
    """The root chain; begun with the genesis file and its shards on `slaves` if the store is empty."""
    chain = RootStore(store)
    if not chain.is_begun():
        store.write(first_batch(genesis, slaves), sync=True)
    return chain


def first_batch(genesis: Genesis, slaves: tuple[SlavePlace, ...]) -> Batch:
    """What a root chain begins with."""
    topology = first_topology(slaves, genesis.shard_count)
    return block_batch(genesis_root_block(genesis)) | topology_batch(topology)


def genesis_root_block(genesis: Genesis) -> RootBlock:
    """Root block 0."""
    summaries = tuple(_summary(genesis, ShardId(shard)) for shard in range(genesis.shard_count))
    header = Header(
        parent_hash=ZERO_HASH,
        coinbase=genesis.coinbase,
        state_root=root_state_root(summaries, Wei(0), genesis.supply),
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        number=Epoch(0),
        gas_limit=Gas(genesis.gas_limit * genesis.shard_count),
        gas_used=Gas(0),
        timestamp=genesis.timestamp,
        extra_data=genesis.extra_data,
        prevrandao=genesis.hash,
        base_fee=genesis.base_fee,
        parent_beacon_block_root=ZERO_HASH,
    )
    return RootBlock(header, summaries, (), genesis.shard_count, Wei(0), genesis.supply)


def _summary(genesis: Genesis, shard_id: ShardId) -> ShardSummary:
    header = genesis_header(genesis, shard_id).encode()
    return ShardSummary(shard_id, header, 0, 0, Wei(0), Wei(0), ())
