"""A shard that was killed is brought to the end of its last epoch, as its next start would do it.

A crash can leave the last block sealed but not applied. A shard applies it once the master says that the
root chain holds it; here the root chain says so itself.
"""

from __future__ import annotations

from quarkparsec.audit.findings import Note
from quarkparsec.audit.replaying import replay_block
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_rows import block_batch
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.store import Store
from quarkparsec.types import ShardId


def catch_up(
    genesis: Genesis, chain: RootStore, shard_id: ShardId, store: Store, note: Note
) -> None:
    """Apply the sealed block if the root chain holds it. Raises Corrupt if it can't be run."""
    state = open_shard(store, genesis, shard_id)
    summary = chain.head().summaries[shard_id]
    number = summary.shard_header().number
    if state.head >= number:
        return
    record = BlockStore(store).sealed_record()
    if record is None or record.block.hash != summary.block_hash:
        note(f"the root chain holds block {number} of this shard, which the shard has lost")
        return
    built = replay_block(genesis, chain, state, record.block)
    store.write({**built.state.batch, **block_batch(built)}, sync=False)
