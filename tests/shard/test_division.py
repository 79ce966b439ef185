"""Both halves after a split: what their databases say, and which blocks they show."""

from __future__ import annotations

from quarkparsec.chain.block import SWEEP_BEGINS
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.log_search import find_logs
from quarkparsec.state.stored import read_place
from quarkparsec.types import Epoch, Hash32, ShardId
from tests.reshard.scenery import CONTRACTS, RICH, entries, universal
from tests.reshard.shards import Shards
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble

LOGS = assemble("0 0 LOG0 STOP")
PARENT, CHILD = ShardId(0), ShardId(1)


def split() -> tuple[Shards, Hash32]:
    """Shards that were split after three blocks, the second with a transaction; and its hash."""
    shards = Shards(1, entries(dict.fromkeys(CONTRACTS, LOGS), 1), universal(LOGS))
    shards.round(None)
    wish = Wish(RICH[1], CONTRACTS[3])
    transaction = shards.sign(wish)
    assert shards.send(transaction, wish) is not None
    shards.round(None)
    shards.split()
    return shards, transaction.hash


def logs(shards: Shards, shard_id: ShardId) -> int:
    everything = LogFilter(frozenset(), ())
    return len(find_logs(shards.stores[shard_id], Epoch(0), Epoch(99), everything))


def test_each_half_says_whose_it_is_and_that_it_has_to_be_swept() -> None:
    shards, _ = split()
    for shard_id, state in shards.states.items():
        assert read_place(shards.stores[shard_id]) == state.place
        assert (state.shard_id, state.shard_count, state.sweep) == (shard_id, 2, SWEEP_BEGINS)
    assert shards.states[PARENT].root == shards.states[CHILD].root


def test_blocks_from_before_the_split_are_shown_by_the_half_that_keeps_the_id() -> None:
    shards, transaction_hash = split()
    parent, child = (BlockStore(shards.stores[each]) for each in (PARENT, CHILD))
    place = parent.place(transaction_hash)
    assert place is not None
    assert (parent.born, child.born) == (0, 3)
    for epoch in map(Epoch, range(1, 4)):
        assert parent.block(epoch) is not None
        assert child.block(epoch) is None
        assert child.header(epoch) is None
        assert child.receipts(epoch) == ()
    assert child.place(transaction_hash) is None
    assert child.transaction(place) is None
    assert parent.transaction(place) is not None
    assert (logs(shards, PARENT), logs(shards, CHILD)) == (1, 0)


def test_both_halves_go_on_from_the_same_block() -> None:
    shards, _ = split()
    parent, child = (BlockStore(shards.stores[each]) for each in (PARENT, CHILD))
    head = parent.head_header(shards.states[PARENT])
    assert child.head_header(shards.states[CHILD]) == head
    shards.round(None)
    for blocks in (parent, child):
        assert blocks.header(Epoch(4)) is not None


def test_a_new_half_has_neither_been_started_nor_sealed_anything() -> None:
    shards, _ = split()
    child = BlockStore(shards.stores[CHILD])
    assert child.starts() == 0
    assert child.sealed_record() is None
