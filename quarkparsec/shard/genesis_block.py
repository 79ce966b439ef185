"""Block 0 of a shard: what the genesis file gives it, and nothing executed."""

from __future__ import annotations

from quarkparsec.chain.bloom import EMPTY_BLOOM
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.shard.block_rows import genesis_batch
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState, create_state, is_created
from quarkparsec.store import MemoryStore, Store
from quarkparsec.types import Epoch, Gas, Hash32, ShardId


def open_shard(store: Store, genesis: Genesis, shard_id: ShardId) -> ShardState:
    """The state of a shard; made from the genesis file if the store is empty. Raises Corrupt."""
    if not is_created(store):
        _create(store, genesis, shard_id)
    state = ShardState(
        store, shard_id, genesis.hash, history=genesis.history, archive=genesis.archive
    )
    if state.head == 0:  # also after a crash between the state and its block
        store.write(genesis_batch(_header(genesis, state.root)), sync=True)
    return state


def genesis_header(genesis: Genesis, shard_id: ShardId) -> Header:
    """The header of a shard's block 0."""
    return _header(genesis, _create(MemoryStore(), genesis, shard_id))


def _create(store: Store, genesis: Genesis, shard_id: ShardId) -> Hash32:
    place = Place(shard_id, genesis.shard_count, genesis.universal)
    return create_state(store, genesis.hash, place, genesis.accounts(shard_id))


def _header(genesis: Genesis, state_root: Hash32) -> Header:
    return Header(
        parent_hash=ZERO_HASH,
        coinbase=genesis.coinbase,
        state_root=state_root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        number=Epoch(0),
        gas_limit=genesis.gas_limit,
        gas_used=Gas(0),
        timestamp=genesis.timestamp,
        extra_data=genesis.extra_data,
        prevrandao=genesis.hash,
        base_fee=genesis.base_fee,
        parent_beacon_block_root=ZERO_HASH,
    )
