"""The checker blames nobody without cause, and finds what was planted."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serializability.append_checker import check
from tests.serializability.append_history import (
    EARLIEST,
    NEVER,
    Add,
    Append,
    History,
    Operation,
    Outcome,
    ReadList,
    ReadSet,
    Transaction,
)
from tests.serializability.append_store import serial_history

COUNT = 60


def did(start: float, end: float, *operations: Operation) -> Transaction:
    """A committed transaction."""
    return Transaction(f"at {start:g}", start, end, Outcome.COMMITTED, operations)


def all_at_once(*transactions: tuple[Operation, ...]) -> History:
    """Time says nothing about their order."""
    return [did(index / 100, 9, *operations) for index, operations in enumerate(transactions)]


def read(key: str, *values: int) -> ReadList:
    return ReadList(key, values)


def look(key: str, *values: int) -> ReadSet:
    return ReadSet(key, frozenset(values))


class Planted(NamedTuple):
    """A history with one anomaly."""

    kind: str
    history: History


PLANTED = {
    "a lost append": Planted(
        "G0-realtime",
        [
            did(0, 1, Append("x", 1)),
            did(2, 3, Append("x", 2)),
            did(4, 5, Append("x", 3)),
            did(6, 7, read("x", 1, 3)),
        ],
    ),
    "a lost append to an empty list": Planted(
        "G-single-realtime", [did(0, 1, Append("x", 1)), did(2, 3, read("x"))]
    ),
    "a lost addition": Planted(
        "G-single-realtime", [did(0, 1, Add("s", 1)), did(2, 3, look("s"))]
    ),
    "a lost update": Planted(
        "G-single",
        all_at_once((read("x"), Append("x", 1)), (read("x"), Append("x", 2)), (read("x", 1, 2),)),
    ),
    "a stale read": Planted(
        "G-single-realtime",
        [
            did(0, 1, Append("x", 1)),
            did(2, 3, Append("x", 2)),
            did(4, 5, read("x", 1)),
            did(6, 7, read("x", 1, 2)),
        ],
    ),
    "a stale look": Planted(
        "G-single-realtime",
        [did(0, 1, Add("s", 1)), did(2, 3, look("s", 1)), did(4, 5, look("s"))],
    ),
    "two reads that go back in time": Planted(
        "G-single-realtime",
        [did(0, 9, Append("x", 1)), did(1, 2, read("x", 1)), did(3, 4, read("x"))],
    ),
    "a dirty write": Planted(
        "G0",
        all_at_once(
            (Append("x", 1), Append("y", 1)),
            (Append("x", 2), Append("y", 2)),
            (read("x", 1, 2),),
            (read("y", 2, 1),),
        ),
    ),
    "two that see each other": Planted(
        "G1c",
        all_at_once((Append("x", 1), read("y", 2)), (Append("y", 2), read("x", 1))),
    ),
    "two that see each other in sets": Planted(
        "G1c", all_at_once((Add("s", 1), look("t", 2)), (Add("t", 2), look("s", 1)))
    ),
    "half of a transaction": Planted(
        "G-single",
        all_at_once((Append("x", 1), Append("y", 1)), (read("x", 1), read("y")), (read("y", 1),)),
    ),
    "half of a payment": Planted(
        "G-single", all_at_once((Append("x", 1), Add("s", 1)), (read("x", 1), look("s")))
    ),
    "a long fork": Planted(
        "G-nonadjacent",
        all_at_once(
            (Append("x", 1),),
            (Append("y", 2),),
            (read("x", 1), read("y")),
            (read("x"), read("y", 2)),
        ),
    ),
    "a long fork of sets": Planted(
        "G-nonadjacent",
        all_at_once(
            (Add("s", 1),), (Add("t", 2),), (look("s", 1), look("t")), (look("s"), look("t", 2))
        ),
    ),
    "write skew": Planted(
        "G2", all_at_once((read("x"), Append("y", 1)), (read("y"), Append("x", 2)))
    ),
    "what failed is seen": Planted(
        "G1a",
        [Transaction("failed", 0, 1, Outcome.FAILED, (Append("x", 1),)), did(2, 3, read("x", 1))],
    ),
    "what nobody wrote": Planted("garbage read", [did(0, 1, look("s", 7))]),
    "one append, done twice": Planted(
        "duplicate append", [did(0, 1, Append("x", 1)), did(2, 3, read("x", 1, 1))]
    ),
    "a list in two orders": Planted(
        "incompatible order",
        all_at_once((Append("x", 1),), (Append("x", 2),), (read("x", 1, 2),), (read("x", 2, 1),)),
    ),
    "a transaction that sees its own future": Planted(
        "internal", [did(0, 1, read("x", 1), Append("x", 1))]
    ),
    "a transaction that forgets": Planted("internal", [did(0, 1, Add("s", 1), look("s"))]),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_an_anomaly_is_found_and_named(planted: Planted) -> None:
    assert planted.kind in [anomaly.kind for anomaly in check(planted.history)]


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_an_anomaly_is_found_within_a_long_history(planted: Planted) -> None:
    """Nothing else is blamed: there is one kind of complaint at most for what was planted."""
    history = serial_history(random.Random(1), COUNT)
    moved = [
        each._replace(start=each.start + COUNT / 2, end=each.end + COUNT / 2)
        for each in planted.history
    ]
    alone = {anomaly.kind for anomaly in check(planted.history)}
    assert {anomaly.kind for anomaly in check(history + moved)} == alone


@given(seed=st.integers(0, 2**32))
def test_a_serial_history_is_never_blamed(seed: int) -> None:
    assert check(serial_history(random.Random(seed), COUNT)) == []


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_whatever_was_committed_must_be_seen_afterwards(seed: int) -> None:
    """A list that is empty again is found, whoever appended to it."""
    history = serial_history(random.Random(seed), COUNT)
    for key in {each.key for each in committed_appends(history)}:
        late = did(COUNT + 9, COUNT + 10, read(key))
        assert "G-single-realtime" in [anomaly.kind for anomaly in check([*history, late])]


def committed_appends(history: History) -> list[Append]:
    return [
        operation
        for transaction in history
        for operation in transaction.operations
        if isinstance(operation, Append) and transaction.outcome is Outcome.COMMITTED
    ]


def test_concurrent_transactions_may_come_in_any_order() -> None:
    assert check([did(0, 9, Append("x", 1)), did(1, 2, read("x")), did(3, 4, read("x", 1))]) == []
    assert check([did(0, 1, Append("x", 1)), did(1, 2, read("x"))]) == []


def test_what_is_unknown_may_have_happened_or_not() -> None:
    unknown = Transaction("unknown", 0, NEVER, Outcome.UNKNOWN, (Append("x", 1), Add("s", 1)))
    nothing, everything = (read("x"), look("s")), (read("x", 1), look("s", 1))
    assert check([unknown, did(1, 2, *nothing), did(3, 4, *everything)]) == []
    assert check([unknown, did(1, 2, *nothing)]) == []
    assert check([unknown, did(1, 2, *everything), did(3, 4, *nothing)]) != []
    assert check([unknown, did(1, 2, read("x", 1), look("s"))]) != []
    assert check([unknown, did(1, 2, read("x", 1)), did(3, 4, look("s"))]) != []


def test_a_read_of_the_past_may_be_old_but_not_inconsistent() -> None:
    first, second = did(0, 1, Append("x", 1), Add("s", 1)), did(2, 3, Append("x", 2), Add("s", 2))
    assert check([first, second, did(EARLIEST, 9, read("x", 1), look("s", 1))]) == []
    torn = check([first, second, did(EARLIEST, 9, read("x", 1), look("s", 1, 2))])
    assert [anomaly.kind for anomaly in torn] == ["G-single"]
