"""A store that does everything at once, and the histories that its clients see: beyond reproach."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tests.serializability.append_history import (
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

CLIENTS: Final = 6
LISTS: Final = ("list a", "list b", "list c", "list d")
SETS: Final = ("set a", "set b")


class SerialStore:
    """Lists and sets; each transaction is one step."""

    def __init__(self) -> None:
        self._lists: Final[dict[str, tuple[int, ...]]] = defaultdict(tuple)
        self._sets: Final[dict[str, frozenset[int]]] = defaultdict(frozenset)

    def take(self, operations: list[Operation]) -> tuple[Operation, ...]:
        """Do them; reads come back with what they saw."""
        return tuple([self._take(operation) for operation in operations])

    def _take(self, operation: Operation) -> Operation:
        match operation:
            case Append(key, value):
                self._lists[key] += (value,)
            case Add(key, value):
                self._sets[key] |= {value}
            case ReadList(key):
                return ReadList(key, self._lists[key])
            case ReadSet(key):
                return ReadSet(key, self._sets[key])
        return operation


def serial_history(chance: random.Random, count: int) -> History:
    """What clients did that worked side by side; some never learned the outcome, some failed."""
    store, values = SerialStore(), iter(range(1, 10**9))
    free = [0.0] * CLIENTS
    history = []
    for moment in range(1, count + 1):
        client = min(range(CLIENTS), key=free.__getitem__)
        # Each takes place at its `moment`, between its start and its end.
        start = max(free[client], moment - chance.random() * CLIENTS)
        end = moment + chance.random()
        operations = list(_operations(chance, values))
        outcome = chance.choices(list(Outcome), (90, 5, 5))[0]
        if outcome is Outcome.COMMITTED or (outcome is Outcome.UNKNOWN and chance.random() < 0.5):
            operations = list(store.take(operations))
        free[client] = end
        ended = NEVER if outcome is Outcome.UNKNOWN else end
        history.append(Transaction(f"T{moment}", start, ended, outcome, tuple(operations)))
    return history


def _operations(chance: random.Random, values: Iterator[int]) -> Iterator[Operation]:
    """Reads first, so that a transaction sees nothing of its own."""
    for key in chance.sample(LISTS, chance.randint(0, 2)):
        yield ReadList(key, ())
    for key in chance.sample(SETS, chance.randint(0, 1)):
        yield ReadSet(key, frozenset())
    for key in chance.sample(LISTS, chance.randint(0, 2)):
        yield Append(key, next(values))
    for key in chance.sample(SETS, chance.randint(0, 1)):
        yield Add(key, next(values))
