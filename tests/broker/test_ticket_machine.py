"""The ticket machine, and its bound in the root store."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quarkparsec.broker.ticket_machine import TicketMachine, numbers
from quarkparsec.errors import InvariantBroken, Rejected, Unavailable
from quarkparsec.limits import TICKET_BOUND_MAX, TICKETS_RESERVED
from quarkparsec.root.root_store import RootStore, term_batch, tickets_batch
from quarkparsec.store import Batch, MemoryStore
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import Tickets

BROKERS = tuple(map(ShardId, range(4)))


def _machine(bound: int = 0) -> TicketMachine:
    """One that has reserved numbers, from `bound`."""
    machine = TicketMachine(1, bound)
    _reserve(machine, 0)
    return machine


def _reserve(machine: TicketMachine, needed: int) -> int | None:
    bound = machine.reserve_if_low(needed)
    if bound is not None:
        machine.reserved(bound)
    return bound


def test_a_range_is_every_nth_number() -> None:
    assert list(numbers(Tickets(5, 3, 4))) == [5, 8, 11, 14]
    assert list(numbers(Tickets(5, 3, 0))) == []


def test_brokers_that_begin_together_are_of_one_age() -> None:
    granted = _machine().grant_all(BROKERS, 1, 3)
    assert [list(numbers(granted[broker])) for broker in BROKERS] == [
        [0, 4, 8],
        [1, 5, 9],
        [2, 6, 10],
        [3, 7, 11],
    ]


def test_ranges_follow_each_other_without_overlap() -> None:
    machine = _machine()
    machine.grant_all(BROKERS, 1, 3)
    assert machine.grant(BROKERS[2], 1, 2) == Tickets(12, 1, 2)
    assert machine.grant_all(BROKERS[:2], 1, 2)[BROKERS[1]] == Tickets(15, 2, 2)


def test_nothing_is_given_before_it_is_durably_reserved() -> None:
    machine = TicketMachine(1, 0)
    bound = machine.reserve_if_low(10)
    with pytest.raises(Unavailable):
        machine.grant(BROKERS[0], 1, 1)
    assert bound is not None
    machine.reserved(bound)
    assert machine.grant(BROKERS[0], 1, 10).count == 10


def test_a_grant_that_is_refused_takes_nothing() -> None:
    machine = _machine()
    left = machine.left
    with pytest.raises(Unavailable):
        machine.grant(BROKERS[0], 1, left + 1)
    assert machine.grant(BROKERS[0], 1, left).count == left
    assert machine.left == 0


def test_numbers_are_reserved_in_large_steps_and_ahead_of_time() -> None:
    machine = TicketMachine(1, 100)
    assert _reserve(machine, 10) == 110 + TICKETS_RESERVED
    assert machine.reserve_if_low(10) is None
    machine.grant(BROKERS[0], 1, TICKETS_RESERVED // 2)
    assert machine.reserve_if_low(10) is None
    machine.grant(BROKERS[0], 1, 1)
    assert machine.reserve_if_low(10) is not None
    assert machine.left >= 10


def test_a_bound_that_is_being_written_is_not_asked_for_again() -> None:
    machine = TicketMachine(1, 0)
    assert machine.reserve_if_low(10) is not None
    assert machine.reserve_if_low(10) is None
    assert machine.reserve_if_low(TICKETS_RESERVED) is not None


def test_hearing_late_of_an_earlier_bound_takes_nothing_back() -> None:
    machine = TicketMachine(1, 0)
    earlier = machine.reserve_if_low(0)
    later = machine.reserve_if_low(TICKETS_RESERVED)
    assert earlier is not None
    assert later is not None
    machine.reserved(later)
    machine.reserved(earlier)
    assert machine.left == later


def test_more_than_a_step_is_reserved_at_once_if_it_is_needed() -> None:
    machine = TicketMachine(1, 0)
    _reserve(machine, 5 * TICKETS_RESERVED)
    assert machine.left >= 5 * TICKETS_RESERVED


def test_only_what_was_asked_for_becomes_reserved() -> None:
    with pytest.raises(InvariantBroken):
        _machine().reserved(TICKET_BOUND_MAX)


def test_a_term_that_is_over_gets_no_tickets() -> None:
    machine = TicketMachine(2, 0)
    _reserve(machine, 10)
    with pytest.raises(Rejected, match="term 1 is over"):
        machine.grant_all(BROKERS, 1, 1)
    machine.grant_all(BROKERS, 3, 1)
    with pytest.raises(Rejected, match="term 2 is over"):
        machine.grant_all(BROKERS, 2, 1)


def test_the_last_numbers_are_given_and_then_it_is_said_that_there_are_no_more() -> None:
    machine = _machine(TICKET_BOUND_MAX - 8)
    assert list(numbers(machine.grant_all(BROKERS, 1, 2)[BROKERS[3]]))[-1] == TICKET_BOUND_MAX - 1
    assert machine.reserve_if_low(0) is None
    with pytest.raises(Rejected, match="exhausted"):
        machine.reserve_if_low(1)


def test_a_bound_is_read_back_from_the_root_chain() -> None:
    store = MemoryStore()
    assert RootStore(store).tickets_bound() == 0
    store.write(term_batch(7) | tickets_batch(TICKET_BOUND_MAX), sync=True)
    assert RootStore(store).tickets_bound() == TICKET_BOUND_MAX
    assert RootStore(store).term() == 7


class Masters(RuleBasedStateMachine):
    """One master after the other, each of which may stop before or after its writes are durable."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.given: list[int] = []
        self.restart()

    @rule()
    def restart(self) -> None:
        chain = RootStore(self.store)
        self.term = chain.term() + 1
        self.machine = TicketMachine(self.term, chain.tickets_bound())
        self.writing: list[tuple[Batch, int]] = []
        self.reserve(0)
        self.store.write(term_batch(self.term), sync=True)

    @rule(needed=st.integers(0, 3 * TICKETS_RESERVED))
    def reserve(self, needed: int) -> None:
        bound = self.machine.reserve_if_low(needed)
        if bound is not None:
            self.writing.append((tickets_batch(bound), bound))

    @rule(is_told=st.booleans())
    def write(self, is_told: bool) -> None:
        """A batch becomes durable, and the master learns of it or stops before."""
        for batch, bound in self.writing[:1]:
            self.store.write(batch, sync=True)
            self.writing.pop(0)
            if is_told:
                self.machine.reserved(bound)
            else:
                self.restart()

    @rule(
        brokers=st.permutations(BROKERS),
        count=st.integers(1, 4),
        each=st.integers(0, TICKETS_RESERVED // 2),
    )
    def grant(self, brokers: list[ShardId], count: int, each: int) -> None:
        left = self.machine.left
        try:
            granted = self.machine.grant_all(brokers[:count], self.term, each)
        except Unavailable:
            assert left < count * each
            return
        ranges = [numbers(granted[broker]) for broker in brokers[:count]]
        last = self.given[-1] if self.given else -1
        for tickets in filter(None, ranges):
            assert last < tickets[0] <= tickets[-1] < RootStore(self.store).tickets_bound()
        assert len({each[:1] for each in ranges if each}) == sum(map(bool, ranges))
        assert all(each.step == count for each in ranges)
        self.given.extend(sorted(each[-1] for each in ranges if each))

    @invariant()
    def numbers_only_grow(self) -> None:
        assert self.given == sorted(set(self.given))


TestMasters = Masters.TestCase
