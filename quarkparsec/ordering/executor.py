"""An executor: runs the transactions of exactly one strand, once. A strand is one transaction, or a few.

It waits until every eager read is there, runs the program, asks for the lazy reads that the program wants, and
runs it again with them. What one transaction of the strand wrote, those after it read; nothing is said of
it before all have ended (R14). A program that touches a key outside its own label has no effect (R16).

A program that raises is *poison*: it has no effect, like one that fails, and whoever issued it is told. What
is not about the transaction but about the replica (a contradiction on disk, our own fault) is raised on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from msgspec import Struct, field

from quarkparsec.errors import InvariantBroken, QuarkparsecError
from quarkparsec.ordering.label import NO_KEYS, Key, Keys, Label
from quarkparsec.ordering.messages import (
    Ended,
    KVSReadRequest,
    Strand,
    TransactionCandidate,
)
from quarkparsec.ordering.outcome import (
    Ending,
    Failure,
    Miss,
    Outcome,
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
    asked: Keys = NO_KEYS
    """What was asked for by the whole strand."""
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
        endings, run = self.endings, program if self.is_blind else partial(self._look, program)
        for candidate in self.strand.candidates[len(endings) :]:
            try:
                outcome = run(candidate, NO_VALUES)
            except (QuarkparsecError, InvariantBroken):
                raise
            except Exception as poison:  # noqa: BLE001 - it must never stall those behind it
                outcome = Failure(f"execution failed: {type(poison).__name__}: {poison}")
            if isinstance(outcome, Wants):
                asked = frozenset(outcome.keys)
                self.asked |= asked
                return [KVSReadRequest(fingerprint, key, True) for key in sorted(asked)]
            endings.append(outcome)
        return Ended(fingerprint, tuple(endings), self.known or NO_VALUES)

    def _look(self, program: Program, candidate: TransactionCandidate, _: Values) -> Outcome:
        """The same with what the transaction may see; it ends, or reads what has to be asked for."""
        label = candidate.label
        while not (missing := self._missing(label)):
            outcome = program(candidate, self._view(label))
            if isinstance(outcome, Success):
                return self._keep(label, outcome)
            if not isinstance(outcome, Wants):
                return outcome
            ending = self._want(label, outcome.keys)
            if ending is not None:
                return ending
        return Wants(missing)

    def _keep(self, label: Label, success: Success) -> Ending:
        """What was written is for those after it to read, if all of it may be written (R16)."""
        for key in success.writes:
            if not label.may_write(key):
                return Miss(label.join(Label(may=success.writes.keys())))
        self.writes.update(success.writes)
        return success

    def releases(self, fingerprint: Fingerprint) -> Requests:
        """The lazy reads that it did without (R15)."""
        released = self.strand.label.lazy - self.asked
        return [KVSReadRequest(fingerprint, key, False) for key in sorted(released)]

    def _view(self, label: Label) -> Values:
        """What the running transaction knows: of its own label, and as its forerunners have left it."""
        known = self.known or NO_VALUES
        if len(self.strand.candidates) == 1:
            return known
        writes, keys = self.writes, label.eager | self._wanted
        return {key: writes[key] if key in writes else known[key] for key in keys}

    def _want(self, label: Label, wanted: Iterable[Key]) -> Ending | None:
        """Note what else the running transaction wants; how it ends if it can't have it."""
        new = frozenset(wanted) - label.eager - self._wanted
        outside = frozenset(key for key in new if not label.may_read(key))
        if outside:
            return Miss(label.join(Label(lazy=outside)))
        self.wanted[len(self.endings)] = self._wanted | new
        return None if new else Failure("execution failed: it wants what it has")

    @property
    def _wanted(self) -> Keys:
        """The lazy reads of the transaction that is running."""
        return self.wanted.get(len(self.endings), NO_KEYS)

    def _missing(self, label: Label) -> Keys:
        """What the running transaction reads and nobody has said. Where the strand's label is the whole
        shard, nothing is pushed: it asks for its eager reads, too."""
        known = self.known or NO_VALUES
        return (label.eager | self._wanted) - known.keys() - self.writes.keys()
