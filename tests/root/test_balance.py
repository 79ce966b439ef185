"""Shards are spread by what they do, and idle ones by their number; moves that gain little aren't proposed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.root.balance import IDLE_WEIGHT, carried, level
from quarkparsec.root.topology import Move, SlavePlace, Topology, first_topology
from quarkparsec.types import ShardId

PLACES = tuple(SlavePlace(f"slave-{index}", "localhost", index) for index in range(4))


def counts(topology: Topology) -> list[int]:
    return [len(topology.shards_of(slave.name)) for slave in topology.slaves]


def after(topology: Topology, moves: tuple[Move, ...]) -> Topology:
    for move in moves:
        topology = topology.moved(move)
    return topology


def test_idle_shards_are_spread_by_their_number() -> None:
    topology = first_topology(PLACES[:2], 8).joined(PLACES[2])
    moves = level(topology, [0] * 8)
    assert len(moves) == 2
    assert counts(after(topology, moves)) == [3, 3, 2]


def test_where_nothing_is_gained_nothing_moves() -> None:
    assert level(first_topology(PLACES[:2], 4), [10, 11, 9, 10]) == ()
    assert level(first_topology(PLACES[:1], 4), [1, 2, 3, 4]) == ()


def test_two_busy_shards_are_kept_apart() -> None:
    topology = first_topology(PLACES[:2], 4)
    moves = level(topology, [1_000, 0, 1_000, 0])
    done = after(topology, moves)
    assert done.holder(ShardId(0)) != done.holder(ShardId(2))
    assert max(carried(done, [1_000, 0, 1_000, 0]).values()) == 1_000


def test_a_new_slave_gets_its_part_of_the_load_not_as_many_shards_as_the_others() -> None:
    """Ten busy ones among 64: by their number, the new slave would get most of the busy ones."""
    topology = first_topology(PLACES[:2], 64).joined(PLACES[2])
    busy = (6, 8, 15, 21, 28, 32, 37, 38, 41, 60)
    loads = [3_800 if shard_id in busy else 0 for shard_id in range(64)]
    done = after(topology, level(topology, loads))
    assert sorted(carried(done, loads).values()) == [11_400, 11_400, 15_200]


@given(
    st.lists(st.integers(0, 1_000), min_size=4, max_size=16),
    st.integers(1, 4),
    st.data(),
)
def test_no_proposal_makes_the_heaviest_slave_heavier(
    loads: list[int], slaves: int, data: st.DataObject
) -> None:
    names = [place.name for place in PLACES[:slaves]]
    holders = tuple(data.draw(st.sampled_from(names)) for _ in loads)
    topology = Topology(1, PLACES[:slaves], holders)
    moves = level(topology, loads)
    done = after(topology, moves)
    average = max(sum(loads) / len(loads), 1e-9)

    def heaviest(one: Topology) -> float:
        return max(
            sum(
                IDLE_WEIGHT + (1 - IDLE_WEIGHT) * loads[shard] / average
                for shard in one.shards_of(name)
            )
            for name in names
        )

    if sum(loads):
        assert heaviest(done) <= heaviest(topology)
    assert level(done, loads) == ()
