"""A shard that was killed is brought to the end of its last epoch, as its next start would do it.

A crash can leave the last block sealed but not applied. A shard applies it once the master says that the
root chain holds it; here the root chain says so itself. Likewise, a shard that the root chain has split may not
know it yet, and its other half may still be a copy that says to be the whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from quarkparsec.audit.findings import Note
from quarkparsec.audit.replaying import replay_block
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import Corrupt
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_rows import block_batch
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.division import child_batch, parent_batch
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.state.stored import read_place
from quarkparsec.store import Store
from quarkparsec.types import Epoch, ShardId


def catch_up(
    genesis: Genesis, chain: RootStore, shard_id: ShardId, store: Store, note: Note
) -> None:
    """Apply what the root chain holds of the shard. Raises Corrupt if it can't be run."""
    head = chain.head()
    whole = read_place(store)
    is_split = head.shard_count == 2 * whole.shard_count
    is_half = is_split and shard_id in [each.shard_id for each in whole.halves()]
    _apply_sealed(genesis, chain, whole.shard_id if is_half else shard_id, store, note)
    born = birth(chain, head, shard_id)
    if is_half:
        is_parent = shard_id == whole.shard_id
        batch = parent_batch(whole) if is_parent else child_batch(whole, born)
        store.write(batch, sync=False)
    said = BlockStore(store).born
    if said < born or any(shard_id in block.participants for block in _blocks(chain, born, said)):
        note(f"the shard's blocks begin after {born}, but it shows those after {said}")


def birth(chain: RootStore, head: RootBlock, shard_id: ShardId) -> Epoch:
    """The first root block with that shard. Raises Corrupt."""

    def end(epoch: int) -> ShardId:
        return ShardId(_block(chain, epoch).shard_count)

    return Epoch(bisect_right(range(head.number), shard_id, key=end))


def _blocks(chain: RootStore, born: Epoch, said: Epoch) -> Iterator[RootBlock]:
    """A shard that was away at its split says to be born when it was back, with no block of its own yet."""
    return (_block(chain, epoch) for epoch in range(born + 1, said + 1))


def _block(chain: RootStore, epoch: int) -> RootBlock:
    block = chain.block(Epoch(epoch))
    if block is None:
        raise Corrupt(f"root block {epoch} is missing")
    return block


def _apply_sealed(
    genesis: Genesis, chain: RootStore, shard_id: ShardId, store: Store, note: Note
) -> None:
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
