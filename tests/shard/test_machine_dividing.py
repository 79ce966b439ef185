"""A shard that the root chain splits."""

from __future__ import annotations

import pytest

from quarkparsec.chain.block import SWEEP_BEGINS, SWEPT
from quarkparsec.effects import Persist
from quarkparsec.errors import Corrupt, InvariantBroken
from quarkparsec.shard.division import child_batch
from quarkparsec.shard.events import Divide, Divided
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.state.stored import read_place
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import epoch as wire
from tests.shard.cluster_of_one import TERM, Driven, summary_of
from tests.simulation.scenery import WALLETS_PER_SHARD, genesis_of
from tests.simulation.wallet import wallets

GENESIS = genesis_of(1, 0, 0, groups=2)
CHILD = ShardId(1)
STAYS, GOES = (group[0] for group in wallets(2, WALLETS_PER_SHARD).values())
"""The first wallet of each half."""


def joined() -> Driven:
    driven = Driven(genesis=GENESIS)
    driven.welcome()
    return driven


def sealed_block(driven: Driven) -> bytes:
    """Seal an epoch; its block's hash."""
    driven.open()
    (sealed,) = driven.seal()
    return summary_of(sealed).block_hash


def dividing() -> Driven:
    """A shard whose block 1 was committed by a root block that splits it; a transaction of each half waits."""
    driven = joined()
    driven.admit(STAYS, 0)
    block_hash = sealed_block(driven)
    for wallet in (STAYS, GOES):
        driven.admit(wallet, int(wallet is STAYS))
    driven.shard_count = 2
    driven.commit(block_hash)
    return driven


def divided() -> Driven:
    driven = dividing()
    driven.give(Divided(CHILD))
    return driven


def child_of(driven: Driven) -> MemoryStore:
    """What the driver makes of the shard's database for the other half."""
    store = driven.store.snapshot()
    (divide,) = driven.divides
    store.write(child_batch(driven.machine.shard_state.place, divide.born), sync=True)
    return store


def test_the_block_is_shown_and_then_the_other_half_is_asked_for() -> None:
    driven = dividing()
    assert driven.divides == [Divide(CHILD, Epoch(1))]
    assert [each.block.number for each in driven.announced] == [1]
    assert driven.state_name() == "Dividing"
    assert not isinstance(driven.said[-1], wire.Committed)


def test_nothing_happens_until_the_other_half_stands() -> None:
    driven = dividing()
    driven.store.write = pytest.fail  # type: ignore[assignment,method-assign]
    driven.root_hash = driven.machine.root_head.root_hash
    assert driven.open(epoch=2) == []
    assert driven.give(wire.Invite(ShardId(0), TERM + 1, wire.Visit(9, 9))) == []
    assert driven.give(Divided(ShardId(2))) == []
    assert driven.machine.shard_state.shard_count == 1


def test_once_it_stands_the_shard_is_one_half_durably_and_says_so() -> None:
    driven = dividing()
    driven.hold = Persist
    assert driven.give(Divided(CHILD)) == []
    (write,) = driven.held
    assert write.sync
    assert driven.state_name() == "Settling"
    driven.do(write)
    assert driven.said[-1] == wire.Committed(ShardId(0), TERM, Epoch(1), wire.Work.READY)
    state = driven.machine.shard_state
    assert (state.shard_count, state.sweep) == (2, SWEEP_BEGINS)
    assert state.account(GOES.recipient) is None
    assert state.account(STAYS.recipient) is not None
    assert read_place(driven.store).shard_count == 2


def test_what_waits_for_the_other_half_is_handed_over() -> None:
    driven = divided()
    (hand_over,) = driven.handed_over
    assert hand_over.shard_id == CHILD
    (candidate,) = hand_over.candidates
    assert candidate.transaction.sender == GOES.recipient
    assert [item.transaction.sender for item in driven.machine.pool] == [STAYS.recipient]


def test_the_other_half_goes_on_from_the_same_block() -> None:
    driven = dividing()
    store = child_of(driven)
    state = open_shard(store, GENESIS, CHILD)
    child = ShardMachine(GENESIS, CHILD, store, state)
    assert (state.head, state.shard_count, state.sweep) == (1, 2, SWEEP_BEGINS)
    assert child.blocks.head_header(state) == driven.announced[0].block.header
    assert child.blocks.block(Epoch(1)) is None
    assert state.account(GOES.recipient) is not None


def test_the_next_block_sweeps_and_there_is_no_work_when_all_is_swept() -> None:
    driven = divided()
    driven.root_hash = driven.machine.root_head.root_hash
    driven.open(epoch=2)
    (sealed,) = driven.seal(epoch=2)
    summary = summary_of(sealed)
    assert (summary.sweep, summary.transaction_count) == (SWEPT, 1)
    driven.commit(summary.block_hash, epoch=2)
    for epoch in range(3, 20):
        if driven.said[-1] == wire.Committed(ShardId(0), TERM, Epoch(epoch - 1), wire.Work.NONE):
            break
        driven.commit(summary.block_hash, epoch)
    else:
        pytest.fail("what a split has left is never gone")
    assert not driven.machine.shard_state.has_garbage


def test_a_shard_that_died_before_it_was_a_half_divides_again() -> None:
    driven = dividing()
    again = Driven(driven.store, GENESIS)
    again.shard_count = 2
    again.welcome(1)
    assert again.divides == [Divide(CHILD, Epoch(1))]
    again.give(Divided(CHILD))
    assert again.state_name() == "Idle"


def test_a_shard_that_died_afterwards_just_joins() -> None:
    driven = divided()
    again = Driven(driven.store, GENESIS)
    again.shard_count = 2
    again.welcome(1)
    assert again.divides == []
    assert again.state_name() == "Idle"


def test_a_shard_that_slept_over_the_split_divides_when_it_is_back() -> None:
    driven = joined()
    driven.give(wire.Invite(ShardId(0), TERM, wire.Visit(1, 1)))
    driven.shard_count = 2
    driven.welcome(5)
    assert driven.divides == [Divide(CHILD, Epoch(5))]
    assert driven.machine.shard_state.head == 0


def test_a_sealed_block_that_split_the_shard_is_replayed_as_one_of_the_whole() -> None:
    driven = joined()
    driven.admit(GOES, 0)
    block_hash = sealed_block(driven)
    again = Driven(driven.store, GENESIS)
    again.shard_count = 2
    again.welcome(1, block_hash)
    assert [each.block.hash for each in again.announced] == [block_hash]
    assert again.divides == [Divide(CHILD, Epoch(1))]


@pytest.mark.parametrize("shard_count", [0, 3, 4])
def test_any_other_number_of_shards_stops_the_shard(shard_count: int) -> None:
    driven = joined()
    driven.shard_count = shard_count
    with pytest.raises(Corrupt, match="shards where this one is of 1"):
        driven.commit(sealed_block_of_genesis(driven))


def sealed_block_of_genesis(driven: Driven) -> bytes:
    header = driven.machine.blocks.header(Epoch(0))
    assert header is not None
    return header.hash


def test_an_epoch_of_another_number_of_shards_stops_the_shard() -> None:
    driven = joined()
    driven.shard_count = 2
    with pytest.raises(InvariantBroken):
        driven.open()
