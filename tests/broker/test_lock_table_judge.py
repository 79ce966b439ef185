"""The decider's question to the locks of its shard."""

from __future__ import annotations

import pytest

from quarkparsec.broker.lock_table import LockTable, Verdict
from quarkparsec.broker.ticket_states import (
    Commit,
    Granted,
    Prepare,
    Rollback,
    RolledBack,
    Wounded,
)
from quarkparsec.types import LockType
from tests.broker.lock_keys import READ, WRITE, A, B, hold, lock, read, write

DECIDER = 5
OLDER, YOUNGER = 4, 6


@pytest.fixture
def table() -> LockTable:
    return LockTable()


def _hold(table: LockTable, ticket: int, prepared: bool) -> None:
    hold(table, ticket, write(A))
    if prepared:
        table.apply(Prepare(ticket, 1))


def test_what_nobody_holds_is_free_to_commit(table: LockTable) -> None:
    assert table.judge(DECIDER, {A: WRITE, B: READ}) == (Verdict.PROCEED, ())
    assert table.is_free(A)


@pytest.mark.parametrize("prepared", [False, True])
def test_a_decider_gives_way_to_an_older_holder(table: LockTable, prepared: bool) -> None:
    _hold(table, OLDER, prepared)
    assert table.judge(DECIDER, {A: READ}) == (Verdict.RETRY, ())


def test_a_decider_waits_for_a_younger_prepared_holder(table: LockTable) -> None:
    _hold(table, YOUNGER, prepared=True)
    assert table.judge(DECIDER, {A: READ}) == (Verdict.WAIT, ())
    table.apply(Commit(YOUNGER, 1))
    assert table.judge(DECIDER, {A: READ}) == (Verdict.PROCEED, ())


def test_a_decider_wounds_a_younger_unprepared_holder(table: LockTable) -> None:
    _hold(table, YOUNGER, prepared=False)
    wounded = Wounded(YOUNGER, 1, DECIDER, A)
    assert table.judge(DECIDER, {A: READ}) == (Verdict.PROCEED, (wounded,))
    assert table.judge(DECIDER, {A: READ}) == (Verdict.PROCEED, ())


def test_who_waits_for_a_wounded_holder_is_let_in(table: LockTable) -> None:
    _hold(table, YOUNGER, prepared=False)
    lock(table, YOUNGER + 1, write(A))
    wounded, granted = Wounded(YOUNGER, 1, DECIDER, A), Granted(YOUNGER + 1, 1, write(A))
    assert table.judge(DECIDER, {A: WRITE}) == (Verdict.PROCEED, (wounded, granted))


@pytest.mark.parametrize(("ticket", "verdict"), [(OLDER, Verdict.RETRY), (YOUNGER, Verdict.WAIT)])
def test_nobody_is_wounded_unless_the_decider_proceeds(
    table: LockTable, ticket: int, verdict: Verdict
) -> None:
    hold(table, YOUNGER + 1, write(B))
    _hold(table, ticket, prepared=True)
    assert table.judge(DECIDER, {B: WRITE, A: WRITE}) == (verdict, ())
    assert table.holders(B) == {YOUNGER + 1: WRITE}


def test_giving_way_comes_before_waiting(table: LockTable) -> None:
    _hold(table, YOUNGER, prepared=True)
    hold(table, OLDER, write(B))
    for accessed in ({A: WRITE, B: WRITE}, {B: WRITE, A: WRITE}):
        assert table.judge(DECIDER, accessed) == (Verdict.RETRY, ())


@pytest.mark.parametrize(
    ("accessed", "verdict"), [(READ, Verdict.PROCEED), (WRITE, Verdict.RETRY)]
)
def test_readers_are_only_in_the_way_of_a_writer(
    table: LockTable, accessed: LockType, verdict: Verdict
) -> None:
    hold(table, OLDER, read(A))
    assert table.judge(DECIDER, {A: accessed}) == (verdict, ())


def test_a_deciders_own_locks_are_not_in_its_way(table: LockTable) -> None:
    _hold(table, DECIDER, prepared=True)
    assert table.judge(DECIDER, {A: WRITE}) == (Verdict.PROCEED, ())


def test_those_who_stand_in_line_are_no_hindrance(table: LockTable) -> None:
    hold(table, 0, read(A))
    lock(table, OLDER, write(A))
    assert table.judge(DECIDER, {A: READ}) == (Verdict.PROCEED, ())


def test_a_decider_that_waited_gives_way_to_an_older_one_that_came_in_between(
    table: LockTable,
) -> None:
    _hold(table, YOUNGER, prepared=True)
    lock(table, OLDER, write(A))
    assert table.judge(DECIDER, {A: WRITE}) == (Verdict.WAIT, ())
    assert table.apply(Rollback(YOUNGER, 1)) == (
        RolledBack(YOUNGER, 1),
        Granted(OLDER, 1, write(A)),
    )
    assert table.judge(DECIDER, {A: WRITE}) == (Verdict.RETRY, ())
