"""Who is where."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import Corrupt, Rejected
from quarkparsec.root.topology import Move, SlavePlace, Topology, first_topology
from quarkparsec.types import ShardId

ANN: Final = SlavePlace("ann", "127.0.0.1", 1)
BOB: Final = SlavePlace("bob", "127.0.0.1", 2)
CAT: Final = SlavePlace("cat", "127.0.0.1", 3)
TWO: Final = first_topology((ANN, BOB), 4)


def test_the_first_shards_go_to_the_slaves_in_turn() -> None:
    assert TWO.holders == ("ann", "bob", "ann", "bob")
    assert TWO.shards_of("bob") == (1, 3)


def test_the_new_half_of_a_shard_is_where_the_old_one_is() -> None:
    divided = TWO.divided()
    assert divided.shard_count == 8
    assert all(
        divided.holder(ShardId(s)) == divided.holder(ShardId(s + 4)) == TWO.holder(ShardId(s))
        for s in range(4)
    )


def test_each_change_is_a_new_version() -> None:
    joined = TWO.joined(CAT)
    moved = joined.moved(Move(ShardId(3), "cat"))
    assert (TWO.version, joined.version, moved.version) == (1, 2, 3)
    assert moved.holder(ShardId(3)) == "cat"


def test_a_slave_leaves_once_it_holds_nothing() -> None:
    with pytest.raises(Rejected, match=r"still holds shards \[1, 3\]"):
        TWO.left("bob")
    assert TWO.joined(CAT).left("cat").slaves == TWO.slaves


def test_names_places_and_shards_are_checked() -> None:
    with pytest.raises(Rejected, match="there is a slave ann already"):
        TWO.joined(SlavePlace("ann", "127.0.0.1", 9))
    with pytest.raises(Rejected, match="another slave listens on"):
        TWO.joined(SlavePlace("dan", "127.0.0.1", 1))
    with pytest.raises(Rejected, match="no slave dan"):
        TWO.moved(Move(ShardId(0), "dan"))
    with pytest.raises(Rejected, match="no shard 4"):
        TWO.moved(Move(ShardId(4), "bob"))
    with pytest.raises(Rejected, match="no slave dan"):
        TWO.left("dan")


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=32))
def test_spreading_leaves_nobody_with_two_more(holders: list[str]) -> None:
    slaves = tuple(SlavePlace(name, "127.0.0.1", port) for port, name in enumerate("abcde"))
    topology = Topology(1, slaves, tuple(holders))
    for move in topology.spread():
        assert topology.holder(move.shard_id) != move.slave
        topology = topology.moved(move)
    counts = [len(topology.shards_of(slave.name)) for slave in slaves]
    assert max(counts) - min(counts) < 2


def test_it_comes_back_as_it_was_written() -> None:
    assert Topology.decode(TWO.encode()) == TWO
    with pytest.raises(Corrupt):
        Topology.decode(TWO.encode()[:-1])
