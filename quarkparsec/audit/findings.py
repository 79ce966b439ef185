"""What an audit found: each finding says where, which check, and in words what differs.

A check goes on after a finding where it can, so that one audit tells all. Stored bytes that can't even be
read (Corrupt, InvalidInput) are a finding like any other: an auditor reports what a replica would stop at.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Literal, NamedTuple

from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.limits import AUDIT_FINDINGS_MAX
from quarkparsec.types import Epoch, ShardId

Check = Literal["root chain", "block", "legs", "state", "supply", "replay"]

Note = Callable[[str], None]
"""Takes down what is wrong at one place, in words."""


class Finding(NamedTuple):
    """One contradiction."""

    epoch: Epoch
    shard_id: ShardId | None
    """None: it isn't one shard's."""
    check: Check
    words: str


class Findings:
    """All of an audit; beyond a bound they are only counted."""

    def __init__(self) -> None:
        self.noted: Final[list[Finding]] = []
        self.count = 0

    def at(self, epoch: Epoch, shard_id: ShardId | None, check: Check) -> Place:
        """A place to check, as a context that gives the `Note` to write it down with."""
        return Place(self, epoch, shard_id, check)

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.noted) < AUDIT_FINDINGS_MAX:
            self.noted.append(finding)


class Place:
    """Where something is checked; what can't be read there becomes a finding and ends the check."""

    def __init__(
        self, findings: Findings, epoch: Epoch, shard_id: ShardId | None, check: Check
    ) -> None:
        self._findings: Final = findings
        self._where: Final = (epoch, shard_id, check)

    def __enter__(self) -> Note:
        return self._note

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Corrupt | InvalidInput):
            return False
        self._note(str(error))
        return True

    def _note(self, words: str) -> None:
        self._findings.add(Finding(*self._where, words))
