"""A history: what clients asked for, when, and what came of it.

There are two kinds of things to write to, both made so that what is read tells who wrote it. A *list* is
appended to, and whoever reads it learns the order of the appends as well (Kingsbury and Alvaro, "Elle:
Inferring Isolation Anomalies from Experimental Observations", 2020). A *set* is added to; who looks at it learns
which additions came before, but not their order. No value is written twice to the same one.

Times are seconds of one clock. A transaction takes place at some moment between its start and its end. One whose
outcome is unknown may take place at any time after its start, or never. A read of a past state starts at
`EARLIEST`: it may take place any time before its end.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

EARLIEST: Final = -math.inf
NEVER: Final = math.inf


class Append(NamedTuple):
    """To the end of a list."""

    key: str
    value: int


class ReadList(NamedTuple):
    """The whole list, oldest value first."""

    key: str
    values: tuple[int, ...]


class Add(NamedTuple):
    """To a set."""

    key: str
    value: int


class ReadSet(NamedTuple):
    """All of a set."""

    key: str
    values: frozenset[int]


Operation = Append | ReadList | Add | ReadSet


class Outcome(Enum):
    """What a client knows of its transaction."""

    COMMITTED = "committed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    """It has had no effect, and never will."""


class Transaction(NamedTuple):
    """Operations that take place together, in this order."""

    name: str
    start: float
    end: float
    """When the client knew the outcome; NEVER for an unknown one."""
    outcome: Outcome
    operations: tuple[Operation, ...]


History = list[Transaction]


class Anomaly(NamedTuple):
    """Something that no serial order explains."""

    kind: str
    explanation: str
