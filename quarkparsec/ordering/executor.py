"""An executor: runs the transactions of exactly one strand, once. A strand is one transaction, or a few.

It waits until every eager read is there, runs the program, asks for the lazy reads that the program wants, and
runs it again with them. What one transaction of the strand wrote, those after it read; nothing is said of
it before all have ended (R14). A program that touches a key outside its own label has no effect (R16).

A program that raises is *poison*: it has no effect, like one that fails, and whoever issued it is told. What
is not about the transaction but about the replica (a contradiction on disk, our own fault) is raised on.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from quarkparsec.errors import InvariantBroken, QuarkparsecError
from quarkparsec.ordering.label import Key, Keys, Label
from quarkparsec.ordering.messages import Ended, KVSReadRequest, Strand
from quarkparsec.ordering.outcome import (
    Ending,
    Failure,
    Miss,
    Program,
    Success,
    Value,
    Values,
    Wants,
)
from quarkparsec.types import Fingerprint

NO_VALUES: Final[Values] = {}

Requests = list[KVSReadRequest]


class Executor(Struct):
    """One strand's life."""

    strand: Strand
    is_blind: bool = False
    """Whether the program finds values by itself, so that it is given none."""
    known: Values | None = None
    """What was read. None until something, or nothing, was said of it."""
    asked: Keys = ()
    """The lazy reads of the whole strand."""
    wanted: dict[int, Keys] = field(default_factory=dict)
    """Those of each transaction, by its number in the strand."""
    endings: list[Ending] = field(default_factory=list)
    writes: dict[Key, Value] = field(default_factory=dict)
    """What those that have ended wrote."""

    def hear(self, values: Values) -> None:
        """Values have come; a repeated one is the same."""
        self.known = {**self.known, **values} if self.known else values

    @property
    def is_ready(self) -> bool:
        """Whether running it would get any further."""
        label, known = self.strand.label, self.known
        if known is None:
            return not (label.is_whole or label.eager or self.asked)
        return len(known) >= len(label.eager) + len(self.asked)  # only these are ever sent

    def run(self, fingerprint: Fingerprint, program: Program) -> Ended | Requests:
        """Go on as far as the known values reach: how all ended, or what else one wants to read."""
        candidates, endings = self.strand.candidates, self.endings
        while len(endings) < len(candidates):
            candidate = candidates[len(endings)]
            view = NO_VALUES if self.is_blind else self._view(candidate.label)
            try:
                outcome = program(candidate, view)
            except (QuarkparsecError, InvariantBroken):
                raise
            except Exception as poison:  # noqa: BLE001 - it must never stall those behind it
                outcome = Failure(f"execution failed: {type(poison).__name__}: {poison}")
            if isinstance(outcome, Wants):
                ending = self._want(candidate.label, outcome.keys)
                missing = self._missing()
                if missing:
                    self.asked += missing
                    return [KVSReadRequest(fingerprint, key, True) for key in missing]
                if ending is not None:
                    self._end(ending)
            elif isinstance(outcome, Success) and outcome.writes:
                self._end(_within(candidate.label, outcome))
            else:
                endings.append(outcome)
        return Ended(fingerprint, tuple(endings), self.known or NO_VALUES)

    def _end(self, ending: Ending) -> None:
        """One transaction has ended; the next one has asked for nothing yet."""
        if isinstance(ending, Success):
            self.writes.update(ending.writes)
        self.endings.append(ending)

    def releases(self, fingerprint: Fingerprint) -> Requests:
        """The lazy reads that it did without (R15)."""
        lazy = self.strand.label.lazy
        return [KVSReadRequest(fingerprint, key, False) for key in lazy if key not in self.asked]

    def _view(self, label: Label) -> Values:
        """What the running transaction knows: of its own label, and as its forerunners have left it."""
        known = self.known or NO_VALUES
        if len(self.strand.candidates) == 1:
            return known
        writes, keys = self.writes, label.eager + self._wanted
        return {key: writes[key] if key in writes else known[key] for key in keys}

    def _want(self, label: Label, wanted: Keys) -> Ending | None:
        """Note what else the running transaction wants; how it ends if it can't have it."""
        outside = tuple(key for key in wanted if not label.may_read(key))
        if outside:
            return Miss(label.join(Label(lazy=outside)))
        had = set(label.eager + self._wanted)
        new = tuple(key for key in dict.fromkeys(wanted) if key not in had)
        self.wanted[len(self.endings)] = self._wanted + new
        return None if new else Failure("execution failed: it wants what it has")

    @property
    def _wanted(self) -> Keys:
        """The lazy reads of the transaction that is running."""
        return self.wanted.get(len(self.endings), ())

    def _missing(self) -> Keys:
        known = self.known or NO_VALUES
        return tuple(key for key in self._wanted if key not in known and key not in self.writes)


def _within(label: Label, success: Success) -> Ending:
    """What was written, if all of it may be."""
    for key in success.writes:
        if key not in label.will and key not in label.may and not label.is_whole:
            return Miss(label.join(Label(may=tuple(success.writes))))
    return success
