"""The conflict graph finds orders that aren't serial, and lets those be that are."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.types import Epoch, Recipient, ShardId
from tests.serializability.conflicts import ConflictGraph, find_cycle
from tests.serializability.recording import Access
from tests.serializability.step import IN_SHARD, TICKETS, Place
from tests.serializability.violation import Violation

HERE, THERE = ShardId(0), ShardId(1)
X, Y = Recipient(b"\x01" * 20), Recipient(b"\x02" * 20)


def reads(*recipients: Recipient) -> Access:
    return Access(frozenset(recipients), frozenset())


def writes(*recipients: Recipient) -> Access:
    return Access(frozenset(recipients), frozenset(recipients))


def ticket(position: int, number: int) -> Place:
    return Place(Epoch(1), TICKETS, position, number)


def test_who_conflicts_in_the_order_of_their_places_is_connected() -> None:
    graph = ConflictGraph()
    graph.add(HERE, ticket(1, 9), writes(X))
    graph.add(HERE, ticket(2, 3), reads(X))
    graph.add(HERE, ticket(2, 4), reads(X))
    graph.add(HERE, ticket(3, 1), writes(X))
    assert graph.edges == {
        ticket(1, 9): {ticket(2, 3), ticket(2, 4), ticket(3, 1)},
        ticket(2, 3): {ticket(3, 1)},
        ticket(2, 4): {ticket(3, 1)},
    }
    assert find_cycle(graph.edges) == []


def test_who_conflicts_in_another_order_is_found() -> None:
    graph = ConflictGraph()
    graph.add(HERE, ticket(2, 1), writes(X))
    with pytest.raises(Violation, match="came before"):
        graph.add(HERE, ticket(1, 2), reads(X))


def test_a_write_after_a_later_ones_read_is_found() -> None:
    graph = ConflictGraph()
    graph.add(HERE, ticket(2, 1), reads(X))
    with pytest.raises(Violation, match="came before"):
        graph.add(HERE, ticket(1, 2), writes(X))


def test_two_that_meet_in_two_shards_in_different_orders_are_found() -> None:
    graph = ConflictGraph()
    graph.add(HERE, ticket(1, 1), writes(X))
    graph.add(HERE, ticket(1, 2), writes(X))
    graph.add(THERE, ticket(1, 2), writes(Y))
    with pytest.raises(Violation, match="came before"):
        graph.add(THERE, ticket(1, 1), writes(Y))


def test_who_doesnt_conflict_may_happen_in_any_order() -> None:
    graph = ConflictGraph()
    graph.add(HERE, ticket(3, 1), writes(X))
    graph.add(HERE, ticket(1, 2), writes(Y))
    graph.add(THERE, ticket(1, 2), reads(X))
    graph.add(HERE, ticket(5, 1), reads(X))
    graph.add(HERE, ticket(4, 1), reads(X))
    assert graph.edges == {ticket(3, 1): {ticket(4, 1), ticket(5, 1)}}


def test_lanes_and_epochs_come_one_after_the_other() -> None:
    graph = ConflictGraph()
    graph.add(HERE, Place(Epoch(1), IN_SHARD, 0, 7), writes(X))
    graph.add(HERE, ticket(1, 1), writes(X))
    graph.add(HERE, Place(Epoch(2), IN_SHARD, 0, 0), writes(X))
    with pytest.raises(Violation):
        graph.add(HERE, ticket(1, 5), writes(X))


GRAPHS = st.dictionaries(st.integers(0, 4), st.sets(st.integers(0, 4)), max_size=5)


def _is_cyclic(edges: dict[int, set[int]]) -> bool:
    return not any(
        all(order.index(one) < order.index(other) for one in edges for other in edges[one])
        for order in permutations(range(5))
    )


@given(GRAPHS)
def test_a_cycle_is_found_if_no_order_fits(edges: dict[int, set[int]]) -> None:
    cycle = find_cycle(edges)
    assert bool(cycle) == _is_cyclic(edges)
    for one, other in zip(cycle, [*cycle[1:], *cycle[:1]], strict=True):
        assert other in edges[one]
