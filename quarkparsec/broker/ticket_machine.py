"""The ticket machine: gives each broker its tickets, unique increasing numbers.

A ticket's number is its age: smaller is older and wins conflicts. Two promises:

1. *No number is given twice*, over restarts and changes of term. Numbers are given only below a bound that
   is durable, and a machine that starts goes on at the durable bound. What was reserved and not given is
   skipped: gaps do no harm.
2. *No broker is older than another.* Brokers that begin together get every n-th number each, interleaved;
   one block of numbers for each would make one broker's youngest older than the other's oldest.

The bound moves ahead in large steps: `reserve_if_low` says which bound to persist, together with whatever is
written next anyway, and `reserved` that it is durable. A range belongs to one broker and one term: a master
whose term is over gives no more.

Source: PArSEC's ticket machine, whose brokers get blocks of 1,000 numbers each.
"""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.errors import Rejected, Unavailable, invariant
from quarkparsec.limits import TICKET_BOUND_MAX, TICKETS_RESERVED
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import Tickets


def numbers(tickets: Tickets) -> range:
    """The numbers of a range, the oldest first."""
    return range(tickets.first, tickets.first + tickets.step * tickets.count, tickets.step)


class TicketMachine:
    """Gives numbers below a durable bound; made anew, from that bound, at every start of a master."""

    def __init__(self, term: int, bound: int) -> None:
        self._term = term
        self._next = bound
        self._bound = bound
        """All numbers below it are reserved, durably."""
        self._asked = bound
        """The same, once what is being written is durable."""

    @property
    def left(self) -> int:
        """How many numbers can be given before more are reserved."""
        return self._bound - self._next

    def reserve_if_low(self, needed: int) -> int | None:
        """The bound to make durable so that `needed` numbers are there and to spare; None if they are.

        Raises Rejected when so many don't exist any more.
        """
        if self._next + needed > TICKET_BOUND_MAX:
            raise Rejected("the tickets are exhausted: all numbers of 64 bits are given")
        low = self._next + needed + TICKETS_RESERVED // 2
        if self._asked >= min(low, TICKET_BOUND_MAX):
            return None
        self._asked = min(self._next + needed + TICKETS_RESERVED, TICKET_BOUND_MAX)
        return self._asked

    def reserved(self, bound: int) -> None:
        """A bound that `reserve_if_low` returned is durable."""
        invariant(bound <= self._asked, "only what was asked for is reserved", bound=bound)
        self._bound = max(self._bound, bound)

    def grant(self, broker: ShardId, term: int, count: int) -> Tickets:
        """Numbers for one broker; as `grant_all`."""
        return self.grant_all((broker,), term, count)[broker]

    def grant_all(
        self, brokers: Sequence[ShardId], term: int, count_each: int
    ) -> dict[ShardId, Tickets]:
        """The same count of numbers for each broker, interleaved in the given order.

        Raises Unavailable if too few are reserved, Rejected if the term is over.
        """
        if term < self._term:
            raise Rejected(f"term {term} is over; tickets are given for term {self._term}")
        count = len(brokers) * count_each
        if count > self.left:
            raise Unavailable(f"{count} tickets are wanted, {self.left} reserved")
        first, self._term, self._next = self._next, term, self._next + count
        return {
            broker: Tickets(first + index, len(brokers), count_each)
            for index, broker in enumerate(brokers)
        }
