"""What a ticket is on one shard, and what each command makes of it: the table of the locks.

A broker sends commands on behalf of a ticket, a shard's lock table answers with replies. A ticket tries
again and again under one number; every try is an *attempt*. TRANSITIONS says what a command of the known
attempt does. An entry is the answer, with the new state where it changes; refusals are in small letters:

                 TryLock          Prepare              Commit                 Rollback                  Finish
    absent       Granted → begun  unknown_ticket       unknown_ticket         RolledBack → rolled_back  –
    begun        Granted          Prepared → prepared  not_prepared           RolledBack → rolled_back  not_committed
                                  or lock_queued
    wounded      Wounded          Wounded              not_prepared           RolledBack → rolled_back  not_committed
    prepared     Granted          Prepared             Committed → committed  RolledBack → rolled_back  not_committed
                 or prepared
    committed    committed        committed            Committed              committed                 → absent
    rolled_back  unknown_ticket   unknown_ticket       unknown_ticket         RolledBack                → absent

- Every state takes every command, so brokers may say things again, late or in another order.
- A command of an older attempt is ignored: that attempt is over, whatever it wanted.
- A newer attempt says that its broker has given up the older one, which therefore lets go of everything,
  even prepared; then the line *absent* applies. Only what is committed stays so: refused as committed.
- `Granted` comes when all locks of the command are held, at once or later. A ticket that is prepared or
  wounded gets nothing new, so a prepared ticket waits nowhere. *or lock_queued*: while it waits for a lock.
  *or prepared*: unless it holds what it asks for.
- Nothing is held but by *begun* and *prepared*: each way out of them lets go of everything.
- *rolled_back* remembers the attempt, so that a late TryLock doesn't take locks that nobody gives back.
- *committed* can't be rolled back: it may be the only evidence of the decision.
- Rollback and Finish of an unknown ticket are no faults: that's how saying them twice looks.

Source: PArSEC's runtime locking shard, with the commands made repeatable.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from quarkparsec.types import LockType, Recipient

Keys = tuple[tuple[Recipient, LockType], ...]


class TicketState(Enum):
    """Where a ticket stands on one shard."""

    ABSENT = auto()
    BEGUN = auto()
    """Holds locks, waits for locks, or both."""
    WOUNDED = auto()
    """An older ticket took its locks."""
    PREPARED = auto()
    """Holds its locks to the decision; can't be wounded."""
    COMMITTED = auto()
    ROLLED_BACK = auto()


class TryLock(NamedTuple):
    """Take all these locks; waiting is fine."""

    ticket: int
    attempt: int
    keys: Keys


class Prepare(NamedTuple):
    """Let nobody take the locks away from now on."""

    ticket: int
    attempt: int


class Commit(NamedTuple):
    """The ticket is decided: let go."""

    ticket: int
    attempt: int


class Rollback(NamedTuple):
    """The attempt is over: let go."""

    ticket: int
    attempt: int


class Finish(NamedTuple):
    """Nobody will speak of the ticket again: forget it."""

    ticket: int


Command = TryLock | Prepare | Commit | Rollback | Finish


class Reason(Enum):
    """Why a command is refused; PArSEC's names."""

    UNKNOWN_TICKET = auto()
    LOCK_QUEUED = auto()
    NOT_PREPARED = auto()
    PREPARED = auto()
    COMMITTED = auto()
    NOT_COMMITTED = auto()


class Granted(NamedTuple):
    """The ticket holds all these locks, the keys of one TryLock."""

    ticket: int
    attempt: int
    keys: Keys


class Wounded(NamedTuple):
    """Ticket `by` took `key` away; nothing is held or waited for any more. Answers open TryLocks too."""

    ticket: int
    attempt: int
    by: int
    key: Recipient


class Prepared(NamedTuple):
    """The locks are safe."""

    ticket: int
    attempt: int


class Committed(NamedTuple):
    """The locks are given back, the decision stands."""

    ticket: int
    attempt: int


class RolledBack(NamedTuple):
    """Nothing is held. Answers open TryLocks too."""

    ticket: int
    attempt: int


class Refused(NamedTuple):
    """The command makes no sense now, and changed nothing."""

    ticket: int
    attempt: int
    reason: Reason


Reply = Granted | Wounded | Prepared | Committed | RolledBack | Refused

Answer = type[Granted | Wounded | Prepared | Committed | RolledBack] | Reason | None


class Transition(NamedTuple):
    """One entry of the table."""

    to: TicketState
    answer: Answer
    unless: Reason | None = None
    """Refused with this reason, and the state stays, if what the reason says is so."""


_ABSENT: Final = TicketState.ABSENT
_BEGUN: Final = TicketState.BEGUN
_WOUNDED: Final = TicketState.WOUNDED
_PREPARED: Final = TicketState.PREPARED
_COMMITTED: Final = TicketState.COMMITTED
_ROLLED_BACK: Final = TicketState.ROLLED_BACK

TRANSITIONS: Final[Mapping[TicketState, Mapping[type[Command], Transition]]] = {
    _ABSENT: {
        TryLock: Transition(_BEGUN, Granted),
        Prepare: Transition(_ABSENT, Reason.UNKNOWN_TICKET),
        Commit: Transition(_ABSENT, Reason.UNKNOWN_TICKET),
        Rollback: Transition(_ROLLED_BACK, RolledBack),
        Finish: Transition(_ABSENT, None),
    },
    _BEGUN: {
        TryLock: Transition(_BEGUN, Granted),
        Prepare: Transition(_PREPARED, Prepared, unless=Reason.LOCK_QUEUED),
        Commit: Transition(_BEGUN, Reason.NOT_PREPARED),
        Rollback: Transition(_ROLLED_BACK, RolledBack),
        Finish: Transition(_BEGUN, Reason.NOT_COMMITTED),
    },
    _WOUNDED: {
        TryLock: Transition(_WOUNDED, Wounded),
        Prepare: Transition(_WOUNDED, Wounded),
        Commit: Transition(_WOUNDED, Reason.NOT_PREPARED),
        Rollback: Transition(_ROLLED_BACK, RolledBack),
        Finish: Transition(_WOUNDED, Reason.NOT_COMMITTED),
    },
    _PREPARED: {
        TryLock: Transition(_PREPARED, Granted, unless=Reason.PREPARED),
        Prepare: Transition(_PREPARED, Prepared),
        Commit: Transition(_COMMITTED, Committed),
        Rollback: Transition(_ROLLED_BACK, RolledBack),
        Finish: Transition(_PREPARED, Reason.NOT_COMMITTED),
    },
    _COMMITTED: {
        TryLock: Transition(_COMMITTED, Reason.COMMITTED),
        Prepare: Transition(_COMMITTED, Reason.COMMITTED),
        Commit: Transition(_COMMITTED, Committed),
        Rollback: Transition(_COMMITTED, Reason.COMMITTED),
        Finish: Transition(_ABSENT, None),
    },
    _ROLLED_BACK: {
        TryLock: Transition(_ROLLED_BACK, Reason.UNKNOWN_TICKET),
        Prepare: Transition(_ROLLED_BACK, Reason.UNKNOWN_TICKET),
        Commit: Transition(_ROLLED_BACK, Reason.UNKNOWN_TICKET),
        Rollback: Transition(_ROLLED_BACK, RolledBack),
        Finish: Transition(_ABSENT, None),
    },
}


def draw() -> str:
    """The table as text."""
    names = [command.__name__ for command in TRANSITIONS[_ABSENT]]
    lines = [["", *names]]
    for state, row in TRANSITIONS.items():
        lines.append([state.name.lower(), *(_entry(state, cell) for cell in row.values())])
        if any(cell.unless for cell in row.values()):
            lines.append(["", *(_condition(cell) for cell in row.values())])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (map(str.ljust, line, widths) for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _entry(state: TicketState, cell: Transition) -> str:
    name = ""
    if isinstance(cell.answer, Reason):
        name = cell.answer.name.lower()
    elif cell.answer is not None:
        name = cell.answer.__name__
    arrow = f"→ {cell.to.name.lower()}" if cell.to is not state else ""
    return f"{name} {arrow}".strip() or "–"


def _condition(cell: Transition) -> str:
    return f"or {cell.unless.name.lower()}" if cell.unless else ""
