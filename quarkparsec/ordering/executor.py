"""An executor: runs exactly one transaction, once.

It waits until its candidate and every eager read are there, runs the program, asks for the lazy reads that
the program wants, and runs it again with them. Nothing is written before the program has succeeded (R14).
A program that touches a key outside its label has no effect (R16).

A program that raises is *poison*: it has no effect, like one that fails, and whoever issued it is told. What
is not about the transaction but about the replica (a contradiction on disk, our own fault) is raised on.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from quarkparsec.errors import InvariantBroken, QuarkparsecError
from quarkparsec.ordering.label import Key, Keys, Label
from quarkparsec.ordering.messages import Ended, KVSReadRequest, TransactionCandidate
from quarkparsec.ordering.outcome import (
    Ending,
    Failure,
    Miss,
    Program,
    Success,
    Values,
    Wants,
)
from quarkparsec.types import Fingerprint

NO_VALUES: Final[Values] = {}

Requests = list[KVSReadRequest]


class Executor(Struct, gc=False):
    """One transaction's life."""

    candidate: TransactionCandidate
    known: Values | None = None
    """What was read. None until something, or nothing, was said of it."""
    asked: Keys = ()

    def hear(self, values: Values) -> None:
        """Values have come; a repeated one is the same."""
        self.known = {**self.known, **values} if self.known else values

    @property
    def is_ready(self) -> bool:
        """Whether running the program would get any further."""
        label, known = self.candidate.label, self.known
        if known is None:
            return not (label.is_whole or label.eager or self.asked)
        return len(known) >= len(label.eager) + len(self.asked)  # only these are ever sent

    def run(self, fingerprint: Fingerprint, program: Program) -> Ended | Requests:
        """Go on as far as the known values reach: how it ended, or what else it wants to read."""
        candidate, known = self.candidate, self.known or NO_VALUES
        try:
            outcome = program(candidate, known)
        except (QuarkparsecError, InvariantBroken):
            raise
        except Exception as poison:  # noqa: BLE001 - a transaction must never stall those behind it
            outcome = Failure(f"execution failed: {type(poison).__name__}: {poison}")
        if isinstance(outcome, Success):
            if not candidate.label.is_whole:
                outcome = _within(candidate.label, outcome)
        elif isinstance(outcome, Wants):
            missing = tuple(key for key in dict.fromkeys(outcome.keys) if key not in known)
            ending = _beyond(candidate.label, missing)
            if ending is None:
                self.asked += missing
                return [KVSReadRequest(fingerprint, key, True) for key in missing]
            outcome = ending
        return Ended(fingerprint, outcome, known)

    def releases(self, fingerprint: Fingerprint) -> Requests:
        """The lazy reads that it did without (R15)."""
        lazy = self.candidate.label.lazy
        return [KVSReadRequest(fingerprint, key, False) for key in lazy if key not in self.asked]


def _within(label: Label, success: Success) -> Ending:
    """What was written, if all of it may be."""
    for key in success.writes:
        if key not in label.will and key not in label.may:
            return Miss(label.join(Label(may=tuple(success.writes))))
    return success


def _beyond(label: Label, wanted: Keys) -> Ending | None:
    """How a program ends that wants what it can't have."""
    outside = tuple[Key, ...](key for key in wanted if not label.may_read(key))
    if outside:
        return Miss(label.join(Label(lazy=outside)))
    if not wanted:
        return Failure("execution failed: it wants what it has")
    return None
