"""Whatever brokers say in whatever order, the locks stay sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quarkparsec.broker.lock_table import LockTable, Verdict
from quarkparsec.broker.ticket_states import (
    Command,
    Commit,
    Finish,
    Granted,
    Keys,
    Prepare,
    Reply,
    Rollback,
    TicketState,
    TryLock,
    Wounded,
)
from quarkparsec.types import LockType, Recipient
from tests.broker.lock_keys import WRITE, key_of

KEYS = [key_of(letter) for letter in "ABC"]

locks = st.tuples(st.sampled_from(KEYS), st.sampled_from(LockType))
batches = st.lists(locks, max_size=3).map(lambda keys: cast("Keys", tuple(keys)))
accesses = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LockType), min_size=1)
tickets = st.integers(0, 5)
attempts = st.sampled_from((1, 1, 1, 1, 2, 3))


def _is_conflict(first: LockType, second: LockType) -> bool:
    return WRITE in (first, second)


def _answers(command: Command, replies: tuple[Reply, ...]) -> Iterator[Reply]:
    """What is said to the command itself, not to others or to earlier ones."""
    for reply in replies:
        is_earlier = isinstance(reply, Granted) and reply.keys != getattr(command, "keys", None)
        if reply.ticket == command.ticket and not is_earlier:
            yield reply


class LockTableMachine(RuleBasedStateMachine):
    """One table under random commands, with a record of which TryLocks have no answer yet."""

    def __init__(self) -> None:
        super().__init__()
        self.table = LockTable()
        self.attempts: dict[int, int] = {}
        self.open: dict[int, set[Keys]] = {}

    @rule(ticket=tickets, attempt=attempts, keys=batches)
    def try_lock(self, ticket: int, attempt: int, keys: Keys) -> None:
        asked = TryLock(ticket, attempt, keys)
        is_current = attempt >= self.attempts.get(ticket, 0)
        self.say(asked)
        is_answered = any(reply.ticket == ticket for reply in self.replies)
        if is_current and not is_answered:
            self.open.setdefault(ticket, set()).add(keys)

    @rule(ticket=tickets, attempt=attempts)
    def prepare(self, ticket: int, attempt: int) -> None:
        self.say(Prepare(ticket, attempt))

    @rule(ticket=tickets, attempt=attempts)
    def commit(self, ticket: int, attempt: int) -> None:
        self.say(Commit(ticket, attempt))

    @rule(ticket=tickets, attempt=attempts)
    def roll_back(self, ticket: int, attempt: int) -> None:
        self.say(Rollback(ticket, attempt))

    @rule(ticket=tickets)
    def finish(self, ticket: int) -> None:
        self.say(Finish(ticket))

    @rule(ticket=tickets, accessed=accesses)
    def judge(self, ticket: int, accessed: dict[Recipient, LockType]) -> None:
        before = self.table.tickets()
        verdict, replies = self.table.judge(ticket, accessed)
        self.check_wounds(ticket, replies, before)
        self.hear(replies)
        if verdict is not Verdict.PROCEED:
            assert replies == ()
            assert self.table.judge(ticket, accessed) == (verdict, ())

    def say(self, command: Command) -> None:
        """Apply a command, twice: the second time gives the same answer and does nothing else."""
        before = self.table.tickets()
        ticket, attempt = command.ticket, getattr(command, "attempt", 0)
        is_committed = before.get(ticket) is TicketState.COMMITTED
        if attempt > self.attempts.get(ticket, 0) and not is_committed:
            self.attempts[ticket] = attempt
            self.open.pop(ticket, None)
        replies = self.table.apply(command)
        assert self.table.apply(command) == tuple(_answers(command, replies))
        others = tuple(reply for reply in replies if reply.ticket != ticket)
        self.check_wounds(ticket, others, before)
        self.hear(replies)
        for number, state in self.table.tickets().items():
            if before.get(number) is TicketState.COMMITTED:
                assert state is TicketState.COMMITTED
        for number in before.keys() - self.table.tickets().keys():
            self.attempts.pop(number)

    def check_wounds(
        self, by: int, replies: tuple[Reply, ...], before: Mapping[int, TicketState]
    ) -> None:
        """Only younger tickets that aren't prepared are wounded."""
        wounds = [reply for reply in replies if isinstance(reply, Wounded)]
        assert all(wound.ticket > wound.by == by for wound in wounds)
        assert all(before[wound.ticket] is TicketState.BEGUN for wound in wounds)

    def hear(self, replies: tuple[Reply, ...]) -> None:
        self.replies = replies
        for reply in replies:
            if isinstance(reply, Granted):
                self.open.get(reply.ticket, set()).discard(reply.keys)
        for number in list(self.open):
            if self.table.tickets().get(number) is not TicketState.BEGUN:
                assert any(
                    reply.ticket == number and not isinstance(reply, Granted) for reply in replies
                )
                del self.open[number]

    def held(self) -> Iterator[tuple[Recipient, int, LockType]]:
        for key in KEYS:
            for ticket, lock_type in self.table.holders(key).items():
                yield key, ticket, lock_type

    @invariant()
    def a_key_has_one_writer_or_many_readers(self) -> None:
        for key in KEYS:
            holders = self.table.holders(key)
            assert len(holders) <= 1 or WRITE not in holders.values()

    @invariant()
    def only_begun_and_prepared_tickets_hold_something(self) -> None:
        states = self.table.tickets()
        for _, ticket, _ in self.held():
            assert states[ticket] in (TicketState.BEGUN, TicketState.PREPARED)

    @invariant()
    def only_begun_tickets_wait(self) -> None:
        states = self.table.tickets()
        for key in KEYS:
            assert all(states[ticket] is TicketState.BEGUN for ticket in self.table.waiters(key))

    @invariant()
    def who_waits_waits_for_older_or_prepared_tickets(self) -> None:
        states = self.table.tickets()
        for key, holder, held in self.held():
            for waiter, wanted in self.table.waiters(key).items():
                if holder > waiter and _is_conflict(held, wanted):
                    assert states[holder] is TicketState.PREPARED

    @invariant()
    def the_head_of_a_queue_has_somebody_in_its_way(self) -> None:
        for key in KEYS:
            queue = list(self.table.waiters(key).items())
            assert [ticket for ticket, _ in queue] == sorted(ticket for ticket, _ in queue)
            for head, wanted in queue[:1]:
                holders = self.table.holders(key)
                assert any(
                    holder != head and _is_conflict(held, wanted)
                    for holder, held in holders.items()
                )

    @invariant()
    def a_key_that_nobody_wants_is_forgotten(self) -> None:
        for key in KEYS:
            assert self.table.is_free(key) == (not self.table.holders(key))

    @invariant()
    def an_open_request_lacks_a_lock(self) -> None:
        for ticket, requests in self.open.items():
            for keys in requests:
                assert any(
                    self.table.holders(key).get(ticket, -1) < lock_type for key, lock_type in keys
                )


TestLockTableMachine = LockTableMachine.TestCase
