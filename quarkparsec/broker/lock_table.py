"""The locks of one shard: which ticket holds which recipients, and who waits for whom.

What a command does to its ticket is the table in `ticket_states`; this is what it does to the locks:

- Readers share a key, a writer has it alone. A reader that is alone becomes a writer in place.
- Those who wait for a key stand in the order of their tickets; smaller is older. Only the head is looked
  at: readers that stand there together are let in together, nobody overtakes a writer that waits.
- *Wound-wait*: who asks for a lock wounds every younger ticket that holds the key against it and isn't
  prepared; for older and for prepared ones it waits. The wounded lose all their locks and places in this
  shard at once, and are told.
- A batch of locks is asked for at once and answered once.

So whoever waits, waits for an older ticket or a prepared one, and prepared tickets wait for nobody: no
circle of waiting, not even over several shards.

**The decider** is a ticket that is prepared elsewhere and executes here, on the spot, taking no lock. It
asks `judge` whether what it accessed is free. Since nobody can wound it, it never waits for a ticket that
isn't prepared: it wounds the younger ones and gives way to the older ones (RETRY, with the same ticket). For
prepared ones it waits if they are younger, and asks again at every change of holder. Unprepared → older or
prepared, prepared → younger prepared: still no circle. Those who only stand in line are no hindrance, for the
decision takes no time.

Sources: PArSEC's runtime locking shard (wound-wait); `judge`: ours.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from quarkparsec.broker.ticket_states import (
    TRANSITIONS,
    Answer,
    Command,
    Committed,
    Finish,
    Granted,
    Keys,
    Prepared,
    Reason,
    Refused,
    Reply,
    RolledBack,
    TicketState,
    Transition,
    TryLock,
    Wounded,
)
from quarkparsec.types import LockType, Recipient


class Verdict(Enum):
    """What a decider is to do."""

    PROCEED = auto()
    """Commit now: nobody holds what was accessed."""
    WAIT = auto()
    """Ask again when a holder of what was accessed has changed."""
    RETRY = auto()
    """Roll back, and try again with the same ticket."""


@dataclass(slots=True)
class _Request:
    """A TryLock that isn't answered yet."""

    keys: Keys
    missing: int
    """How many of its keys aren't held yet."""


@dataclass(slots=True)
class _Place:
    """A ticket in the queue of a key."""

    lock_type: LockType
    requests: list[_Request]


@dataclass(slots=True)
class _Ticket:
    """What is known of a ticket, at its last attempt."""

    number: int
    attempt: int
    state: TicketState = TicketState.ABSENT
    held: dict[Recipient, LockType] = field(default_factory=dict)
    places: dict[Recipient, _Place] = field(default_factory=dict)
    requests: dict[Keys, _Request] = field(default_factory=dict)
    wound: Wounded | None = None


@dataclass(slots=True)
class _Lock:
    """A key that somebody holds or waits for. A writer is its only holder."""

    holders: dict[int, LockType] = field(default_factory=dict)
    queue: list[int] = field(default_factory=list)
    """Tickets, the oldest first."""

    def admits(self, ticket: int, lock_type: LockType) -> bool:
        """Whether the head of the queue may have the lock now."""
        if lock_type is LockType.WRITE:
            return not self.holders or (len(self.holders) == 1 and ticket in self.holders)
        return len(self.holders) != 1 or LockType.WRITE not in self.holders.values()

    def against(self, ticket: int, lock_type: LockType) -> Iterator[int]:
        """The holders that `ticket` can't share a lock of this type with."""
        for holder, held in self.holders.items():
            if holder != ticket and LockType.WRITE in (held, lock_type):
                yield holder


class LockTable:
    """The locks of one shard and lane; commands in, replies for the tickets' brokers out."""

    def __init__(self) -> None:
        self._locks: Final[dict[Recipient, _Lock]] = {}
        self._tickets: Final[dict[int, _Ticket]] = {}
        self._changed: Final[dict[Recipient, None]] = {}
        """Keys whose queue may move on: in order, without repetition."""
        self._replies: list[Reply] = []

    # --- the outside

    def apply(self, command: Command) -> tuple[Reply, ...]:
        """Do what the table of states says. Takes any command at any time."""
        ticket = self._tickets.get(command.ticket)
        if ticket is None:
            attempt = 0 if isinstance(command, Finish) else command.attempt
            ticket = _Ticket(command.ticket, attempt)
        if isinstance(command, Finish) or command.attempt == ticket.attempt:
            self._follow(ticket, command)
        elif command.attempt > ticket.attempt:
            self._supersede(ticket, command, command.attempt)
        return self._take_replies()

    def judge(
        self, ticket: int, accessed: Mapping[Recipient, LockType]
    ) -> tuple[Verdict, tuple[Reply, ...]]:
        """May `ticket` commit here what it accessed? PROCEED wounds who was in the way, nothing else acts."""
        in_the_way = list(self._holders_against(ticket, accessed))
        if any(holder.number < ticket for holder, _ in in_the_way):
            return Verdict.RETRY, ()
        if any(holder.state is TicketState.PREPARED for holder, _ in in_the_way):
            return Verdict.WAIT, ()
        for holder, key in in_the_way:
            self._wound(holder, ticket, key)
        return Verdict.PROCEED, self._take_replies()

    def holders(self, key: Recipient) -> Mapping[int, LockType]:
        """Who holds a key, and how."""
        lock = self._locks.get(key)
        return {} if lock is None else dict(lock.holders)

    def waiters(self, key: Recipient) -> Mapping[int, LockType]:
        """Who waits for a key, the oldest first, and what for."""
        lock = self._locks.get(key)
        queue = [] if lock is None else lock.queue
        return {number: self._tickets[number].places[key].lock_type for number in queue}

    def is_free(self, key: Recipient) -> bool:
        """Whether nobody holds a key or waits for it."""
        return key not in self._locks

    def tickets(self) -> Mapping[int, TicketState]:
        """All tickets that are known here."""
        return {number: ticket.state for number, ticket in self._tickets.items()}

    # --- tickets

    def _supersede(self, ticket: _Ticket, command: Command, attempt: int) -> None:
        """A newer attempt: the older one is over."""
        if ticket.state is TicketState.COMMITTED:
            self._replies.append(Refused(ticket.number, attempt, Reason.COMMITTED))
            return
        self._move(ticket, TicketState.ABSENT)
        self._follow(_Ticket(ticket.number, attempt), command)

    def _follow(self, ticket: _Ticket, command: Command) -> None:
        """One step through the table."""
        transition = TRANSITIONS[ticket.state][type(command)]
        if self._is_barred(ticket, command, transition):
            self._answer(ticket, transition.unless)
            return
        self._move(ticket, transition.to)
        if transition.answer is Granted and isinstance(command, TryLock):
            self._lock(ticket, command.keys)
        else:
            self._answer(ticket, transition.answer)

    def _is_barred(self, ticket: _Ticket, command: Command, transition: Transition) -> bool:
        """Whether what `transition.unless` names is so."""
        if transition.unless is Reason.LOCK_QUEUED:
            return bool(ticket.places)
        if transition.unless is Reason.PREPARED and isinstance(command, TryLock):
            return bool(_not_held(ticket, command.keys))
        return False

    def _move(self, ticket: _Ticket, to: TicketState) -> None:
        if to is ticket.state:
            return
        if to not in (TicketState.BEGUN, TicketState.PREPARED):
            self._release(ticket)
        ticket.state = to
        if to is TicketState.ABSENT:
            del self._tickets[ticket.number]
        else:
            self._tickets[ticket.number] = ticket

    def _answer(self, ticket: _Ticket, answer: Answer) -> None:
        number, attempt = ticket.number, ticket.attempt
        if isinstance(answer, Reason):
            self._replies.append(Refused(number, attempt, answer))
        elif answer is Wounded and ticket.wound is not None:
            self._replies.append(ticket.wound)
        elif answer is not None and issubclass(answer, Prepared | Committed | RolledBack):
            self._replies.append(answer(number, attempt))

    # --- locks

    def _lock(self, ticket: _Ticket, keys: Keys) -> None:
        """Ask for all of `keys`, which is answered when the last of them is granted."""
        if keys in ticket.requests:
            return
        wanted = _not_held(ticket, keys)
        request = _Request(keys, len(wanted))
        if not wanted:
            self._replies.append(Granted(ticket.number, ticket.attempt, keys))
            return
        ticket.requests[keys] = request
        for key, lock_type in wanted.items():
            self._enqueue(ticket, key, lock_type, request)
        for holder, key in list(self._holders_against(ticket.number, wanted)):
            if holder.number > ticket.number:
                self._wound(holder, ticket.number, key)

    def _enqueue(
        self, ticket: _Ticket, key: Recipient, lock_type: LockType, request: _Request
    ) -> None:
        self._changed[key] = None
        place = ticket.places.get(key)
        if place is None:
            ticket.places[key] = _Place(lock_type, [request])
            insort(self._locks.setdefault(key, _Lock()).queue, ticket.number)
        else:
            place.lock_type = max(place.lock_type, lock_type)
            place.requests.append(request)

    def _wound(self, victim: _Ticket, by: int, key: Recipient) -> None:
        """Take everything from `victim`, unless it was taken already or can't be."""
        if victim.state is TicketState.BEGUN:
            victim.wound = Wounded(victim.number, victim.attempt, by, key)
            self._move(victim, TicketState.WOUNDED)
            self._replies.append(victim.wound)

    def _release(self, ticket: _Ticket) -> None:
        """Let go of everything, held or waited for."""
        for key in ticket.held:
            del self._locks[key].holders[ticket.number]
            self._changed[key] = None
        for key in ticket.places:
            queue = self._locks[key].queue
            del queue[bisect_left(queue, ticket.number)]
            self._changed[key] = None
        ticket.held.clear()
        ticket.places.clear()
        ticket.requests.clear()

    def _holders_against(
        self, ticket: int, keys: Mapping[Recipient, LockType]
    ) -> Iterator[tuple[_Ticket, Recipient]]:
        """Who holds any of these locks so that `ticket` can't have it too."""
        for key, lock_type in keys.items():
            lock = self._locks.get(key)
            if lock is not None:
                for holder in lock.against(ticket, lock_type):
                    yield self._tickets[holder], key

    def _pump(self, key: Recipient) -> None:
        """Let in whom the head of the queue admits; forget a key that nobody wants."""
        lock = self._locks[key]
        while lock.queue:
            head = self._tickets[lock.queue[0]]
            if not lock.admits(head.number, head.places[key].lock_type):
                return
            del lock.queue[0]
            self._grant(lock, head, key)
        if not lock.holders:
            del self._locks[key]

    def _grant(self, lock: _Lock, ticket: _Ticket, key: Recipient) -> None:
        place = ticket.places.pop(key)
        lock.holders[ticket.number] = ticket.held[key] = place.lock_type
        for request in place.requests:
            request.missing -= 1
            if not request.missing:
                del ticket.requests[request.keys]
                self._replies.append(Granted(ticket.number, ticket.attempt, request.keys))

    def _take_replies(self) -> tuple[Reply, ...]:
        """Move the queues on, after all wounds; then hand out what was said."""
        for key in self._changed:
            self._pump(key)
        self._changed.clear()
        taken, self._replies = self._replies, []
        return tuple(taken)


def _not_held(ticket: _Ticket, keys: Keys) -> dict[Recipient, LockType]:
    """The locks of `keys` that the ticket lacks, each at its strongest."""
    wanted: dict[Recipient, LockType] = {}
    for key, lock_type in keys:
        if ticket.held.get(key, -1) < lock_type:
            wanted[key] = max(lock_type, wanted.get(key, lock_type))
    return wanted
