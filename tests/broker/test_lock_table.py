"""The locks of one shard: first the behaviours that PArSEC's shard is known by, then what ours adds."""

from __future__ import annotations

import pytest

from quarkparsec.broker.lock_table import LockTable
from quarkparsec.broker.ticket_states import (
    TRANSITIONS,
    Command,
    Commit,
    Committed,
    Finish,
    Granted,
    Prepare,
    Prepared,
    Reason,
    Refused,
    Rollback,
    RolledBack,
    TicketState,
    TryLock,
    Wounded,
)
from tests.broker.lock_keys import READ, WRITE, A, B, C, hold, lock, read, write


@pytest.fixture
def table() -> LockTable:
    return LockTable()


def test_the_first_lock_of_an_unknown_key_is_granted_and_a_commit_frees_it(
    table: LockTable,
) -> None:
    assert lock(table, 1, write(A)) == (Granted(1, 1, write(A)),)
    assert table.holders(A) == {1: WRITE}
    assert table.apply(Prepare(1, 1)) == (Prepared(1, 1),)
    assert table.apply(Commit(1, 1)) == (Committed(1, 1),)
    assert table.is_free(A)
    assert lock(table, 2, read(A)) == (Granted(2, 1, read(A)),)


def test_a_rollback_after_prepare_frees_the_key(table: LockTable) -> None:
    hold(table, 1, write(A))
    table.apply(Prepare(1, 1))
    assert lock(table, 2, read(A)) == ()
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1), Granted(2, 1, read(A)))


def test_waiters_are_let_in_by_age_as_the_holders_leave(table: LockTable) -> None:
    hold(table, 0, write(A))
    assert lock(table, 2, write(A)) == lock(table, 1, read(A)) == ()
    assert table.waiters(A) == {1: READ, 2: WRITE}
    assert table.apply(Prepare(1, 1)) == (Refused(1, 1, Reason.LOCK_QUEUED),)
    table.apply(Prepare(0, 1))
    assert table.apply(Commit(0, 1)) == (Committed(0, 1), Granted(1, 1, read(A)))
    assert table.waiters(A) == {2: WRITE}
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1), Granted(2, 1, write(A)))


def test_asking_again_while_waiting_is_answered_once(table: LockTable) -> None:
    hold(table, 0, write(A))
    assert lock(table, 1, read(A)) == lock(table, 1, read(A)) == ()
    assert table.apply(Rollback(0, 1)) == (RolledBack(0, 1), Granted(1, 1, read(A)))


def test_asking_again_for_what_is_held_is_granted_again(table: LockTable) -> None:
    hold(table, 1, write(A, B))
    assert lock(table, 1, write(A, B)) == (Granted(1, 1, write(A, B)),)
    assert lock(table, 1, read(B)) == (Granted(1, 1, read(B)),)
    assert table.holders(B) == {1: WRITE}


def test_an_older_ticket_wounds_a_younger_holder(table: LockTable) -> None:
    hold(table, 1, write(A))
    wounded = Wounded(1, 1, 0, A)
    assert lock(table, 0, read(A)) == (wounded, Granted(0, 1, read(A)))
    assert table.apply(Prepare(1, 1)) == (wounded,)
    assert lock(table, 1, read(B)) == (wounded,)
    assert table.apply(Commit(1, 1)) == (Refused(1, 1, Reason.NOT_PREPARED),)
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1),)
    assert lock(table, 1, write(A), attempt=2) == ()
    assert table.waiters(A) == {1: WRITE}


def test_a_prepared_ticket_is_shielded_from_older_ones(table: LockTable) -> None:
    hold(table, 1, write(A))
    table.apply(Prepare(1, 1))
    assert lock(table, 0, read(A)) == ()
    assert table.apply(Commit(1, 1)) == (Committed(1, 1), Granted(0, 1, read(A)))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (Prepare(1, 1), Refused(1, 1, Reason.UNKNOWN_TICKET)),
        (Commit(1, 1), Refused(1, 1, Reason.UNKNOWN_TICKET)),
        (Rollback(1, 1), RolledBack(1, 1)),
        (Finish(1), None),
    ],
)
def test_an_unknown_ticket_can_only_end(
    table: LockTable, command: Command, answer: object
) -> None:
    assert table.apply(command) == (() if answer is None else (answer,))


def test_a_second_prepare_is_prepared_and_takes_nothing_new(table: LockTable) -> None:
    hold(table, 1, write(A))
    assert table.apply(Prepare(1, 1)) == table.apply(Prepare(1, 1)) == (Prepared(1, 1),)
    assert lock(table, 1, write(B)) == (Refused(1, 1, Reason.PREPARED),)
    assert lock(table, 1, write(A)) == (Granted(1, 1, write(A)),)
    assert table.is_free(B)


def test_an_upgrade_wounds_the_younger_reader(table: LockTable) -> None:
    hold(table, 1, read(A))
    hold(table, 2, read(A))
    assert lock(table, 1, write(A)) == (Wounded(2, 1, 1, A), Granted(1, 1, write(A)))
    assert lock(table, 2, write(A)) == (Wounded(2, 1, 1, A),)
    assert lock(table, 1, read(A)) == (Granted(1, 1, read(A)),)
    assert table.holders(A) == {1: WRITE}


def test_an_upgrade_waits_for_the_older_reader(table: LockTable) -> None:
    hold(table, 1, read(A))
    hold(table, 2, read(A))
    assert lock(table, 2, write(A)) == ()
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1), Granted(2, 1, write(A)))


def test_of_two_readers_that_upgrade_the_older_wounds_the_younger(table: LockTable) -> None:
    hold(table, 1, read(A))
    hold(table, 2, read(A))
    assert lock(table, 2, write(A)) == ()
    assert lock(table, 1, write(A)) == (Wounded(2, 1, 1, A), Granted(1, 1, write(A)))
    assert not table.waiters(A)


def test_a_waiting_ticket_that_is_wounded_elsewhere_is_told_at_once(table: LockTable) -> None:
    hold(table, 0, write(A))
    hold(table, 2, write(B))
    assert lock(table, 2, write(A)) == ()
    assert lock(table, 1, write(B)) == (Wounded(2, 1, 1, B), Granted(1, 1, write(B)))
    assert not table.waiters(A)


def test_the_place_of_a_wounded_ticket_lets_those_behind_it_in(table: LockTable) -> None:
    hold(table, 0, read(A))
    hold(table, 2, write(B))
    assert lock(table, 2, write(A)) == lock(table, 3, read(A)) == ()
    assert lock(table, 1, write(B)) == (
        Wounded(2, 1, 1, B),
        Granted(1, 1, write(B)),
        Granted(3, 1, read(A)),
    )


def test_an_older_waiting_writer_holds_up_younger_readers(table: LockTable) -> None:
    hold(table, 0, read(A))
    assert lock(table, 1, write(A)) == lock(table, 2, read(A)) == ()
    assert table.waiters(A) == {1: WRITE, 2: READ}


def test_an_older_reader_overtakes_a_younger_waiting_writer(table: LockTable) -> None:
    hold(table, 0, read(A))
    assert lock(table, 2, write(A)) == ()
    assert lock(table, 1, read(A)) == (Granted(1, 1, read(A)),)


def test_readers_next_to_each_other_are_let_in_together(table: LockTable) -> None:
    hold(table, 0, write(A))
    for ticket in (2, 1, 4):
        lock(table, ticket, read(A))
    lock(table, 3, write(A))
    assert table.apply(Rollback(0, 1)) == (
        RolledBack(0, 1),
        Granted(1, 1, read(A)),
        Granted(2, 1, read(A)),
    )
    assert table.waiters(A) == {3: WRITE, 4: READ}


def test_commit_and_finish_may_be_repeated(table: LockTable) -> None:
    hold(table, 1, write(A))
    table.apply(Prepare(1, 1))
    table.apply(Commit(1, 1))
    hold(table, 2, write(A))
    assert table.apply(Commit(1, 1)) == (Committed(1, 1),)
    assert table.holders(A) == {2: WRITE}
    assert table.apply(Finish(1)) == table.apply(Finish(1)) == ()
    assert table.tickets() == {2: TicketState.BEGUN}


def test_a_committed_ticket_is_never_rolled_back(table: LockTable) -> None:
    hold(table, 1, write(A))
    table.apply(Prepare(1, 1))
    table.apply(Commit(1, 1))
    for command in (Rollback(1, 1), Rollback(1, 2), TryLock(1, 2, write(A))):
        assert table.apply(command) == (Refused(1, command.attempt, Reason.COMMITTED),)
    assert table.tickets() == {1: TicketState.COMMITTED}


# --- batches


def test_a_batch_is_answered_when_its_last_key_is_granted(table: LockTable) -> None:
    hold(table, 0, write(A))
    hold(table, 1, write(B))
    assert lock(table, 2, write(A, B, C)) == ()
    assert table.holders(C) == {2: WRITE}
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1),)
    assert table.apply(Rollback(0, 1)) == (RolledBack(0, 1), Granted(2, 1, write(A, B, C)))


def test_each_batch_of_an_attempt_has_its_own_answer(table: LockTable) -> None:
    hold(table, 0, write(A))
    assert lock(table, 1, read(A, B)) == ()
    assert lock(table, 1, write(A)) == ()
    assert lock(table, 1, write(C)) == (Granted(1, 1, write(C)),)
    assert table.waiters(A) == {1: WRITE}
    assert table.apply(Rollback(0, 1)) == (
        RolledBack(0, 1),
        Granted(1, 1, read(A, B)),
        Granted(1, 1, write(A)),
    )


def test_a_key_that_is_named_twice_is_taken_at_its_strongest(table: LockTable) -> None:
    keys = ((A, WRITE), (A, READ))
    assert lock(table, 1, keys) == (Granted(1, 1, keys),)
    assert table.holders(A) == {1: WRITE}


def test_a_batch_of_nothing_is_granted(table: LockTable) -> None:
    assert lock(table, 1, ()) == (Granted(1, 1, ()),)
    assert table.tickets() == {1: TicketState.BEGUN}


def test_a_ticket_in_the_way_twice_is_wounded_once(table: LockTable) -> None:
    hold(table, 1, write(A, B))
    assert lock(table, 0, write(A, B)) == (Wounded(1, 1, 0, A), Granted(0, 1, write(A, B)))


def test_keys_that_nobody_wants_are_forgotten(table: LockTable) -> None:
    hold(table, 0, write(A, B))
    lock(table, 1, write(B, C))
    table.apply(Rollback(1, 1))
    table.apply(Rollback(0, 1))
    assert all(map(table.is_free, (A, B, C)))


# --- attempts


def test_an_older_attempt_is_ignored(table: LockTable) -> None:
    hold(table, 1, write(A), attempt=2)
    for command in (Rollback(1, 1), Prepare(1, 1), Commit(1, 1), TryLock(1, 1, write(B))):
        assert table.apply(command) == ()
    assert table.holders(A) == {1: WRITE}
    assert table.is_free(B)


@pytest.mark.parametrize("prepare", [False, True])
def test_a_newer_attempt_lets_go_of_the_older_one(table: LockTable, prepare: bool) -> None:
    hold(table, 1, write(A))
    if prepare:
        table.apply(Prepare(1, 1))
    lock(table, 2, write(A))
    assert lock(table, 1, write(B), attempt=2) == (
        Granted(2, 1, write(A)),
        Granted(1, 2, write(B)),
    )
    assert table.apply(Rollback(1, 1)) == ()
    assert table.holders(B) == {1: WRITE}


def test_a_wounded_ticket_begins_again_with_a_newer_attempt(table: LockTable) -> None:
    hold(table, 1, write(A))
    lock(table, 0, write(A))
    assert lock(table, 1, write(B), attempt=2) == (Granted(1, 2, write(B)),)
    assert table.apply(Prepare(1, 2)) == (Prepared(1, 2),)


def test_nobody_is_told_that_a_ticket_is_forgotten(table: LockTable) -> None:
    hold(table, 1, write(A))
    lock(table, 0, write(A))
    table.apply(Rollback(1, 1))
    assert table.apply(Finish(1)) == ()
    assert table.tickets() == {0: TicketState.BEGUN}


def test_a_lock_that_comes_after_its_rollback_takes_nothing(table: LockTable) -> None:
    assert table.apply(Rollback(1, 1)) == (RolledBack(1, 1),)
    assert lock(table, 1, write(A)) == (Refused(1, 1, Reason.UNKNOWN_TICKET),)
    assert table.is_free(A)


# --- the table of states, in action


def _bring_to(table: LockTable, state: TicketState) -> None:
    """Ticket 5, attempt 1, into a state."""
    if state is TicketState.ABSENT:
        return
    hold(table, 5, write(A))
    steps: dict[TicketState, tuple[Command, ...]] = {
        TicketState.BEGUN: (),
        TicketState.WOUNDED: (TryLock(4, 1, write(A)),),
        TicketState.PREPARED: (Prepare(5, 1),),
        TicketState.COMMITTED: (Prepare(5, 1), Commit(5, 1)),
        TicketState.ROLLED_BACK: (Rollback(5, 1),),
    }
    for command in steps[state]:
        table.apply(command)


@pytest.mark.parametrize(
    "command", [TryLock(5, 1, write(A)), Prepare(5, 1), Commit(5, 1), Rollback(5, 1), Finish(5)]
)
@pytest.mark.parametrize("state", TicketState)
def test_the_table_says_what_happens(
    table: LockTable, state: TicketState, command: Command
) -> None:
    _bring_to(table, state)
    assert table.tickets().get(5, TicketState.ABSENT) is state
    expected = TRANSITIONS[state][type(command)]
    replies = table.apply(command)
    assert table.tickets().get(5, TicketState.ABSENT) is expected.to
    if expected.answer is None:
        assert replies == ()
    elif isinstance(expected.answer, Reason):
        assert replies == (Refused(5, 1, expected.answer),)
    else:
        assert [type(reply) for reply in replies] == [expected.answer]
    is_holding = expected.to in (TicketState.BEGUN, TicketState.PREPARED)
    assert (5 in table.holders(A)) is is_holding
