"""How running a transaction's program ends, seen from the ordering machine.

A program is a pure function of its candidate and of the values that it has read (R17). It runs from the
beginning until it ends or wants a value that it hasn't got; then it runs again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from quarkparsec.ordering.label import Key, Label

Value = Any
"""Whatever a key holds. The machine hands values on and looks at none."""

Values = Mapping[Key, Value]


class Success(NamedTuple):
    """It ran to its end. Keys of the label that aren't in `writes` were not written."""

    writes: Values
    result: Any = None
    """What the issuer is told: of an EVM transaction, the facts of its receipt."""


class Wants(NamedTuple):
    """It can't go on without these values."""

    keys: Iterable[Key]


class Failure(NamedTuple):
    """It has no effect, and won't have one in this epoch."""

    reason: str


class Miss(NamedTuple):
    """It has no effect here because its label was too small (R16); it gets another turn with this one."""

    label: Label


Ending = Success | Failure | Miss
Outcome = Ending | Wants

Program = Callable[[Any, Values], Outcome]
"""Runs a candidate on the values known so far."""
