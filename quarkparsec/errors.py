"""Whose fault it is, as one small tree.

    QuarkparsecError
    ├── InvalidInput     the bytes or values are malformed: their fault, answered, never retried
    ├── Rejected         well-formed, but a rule says no: answered with the rule's words
    │   └── TooManyResults   a search found more than a single answer may hold
    ├── Unavailable      not now: a shard is away, a queue is full, a deadline passed; try again
    │   ├── PrunedHistory    the state that old is not kept; it won't come back
    │   └── Elsewhere        whoever was asked doesn't hold that any more: look again where it is
    └── Corrupt          the disk or a peer contradicts itself: the replica stops and never serves

    InvariantBroken      our own fault; none of the above may hide it

Whoever parses bytes raises only InvalidInput, whatever the bytes. A replica that meets Corrupt or
InvariantBroken stops: it does not guess.
"""

from __future__ import annotations


class QuarkparsecError(Exception):
    """The root of everything that is expected to be raised in normal operation."""


class InvalidInput(QuarkparsecError):
    """Malformed bytes or values."""


class Rejected(QuarkparsecError):
    """A rule refuses something that is well-formed."""


class TooManyResults(Rejected):
    """A search found more than a single answer may hold."""


class Unavailable(QuarkparsecError):
    """What was asked can't be had now; it may be later."""


class PrunedHistory(Unavailable):
    """The state of an epoch so long ago is not kept."""


class Elsewhere(Unavailable):
    """Shards were split or moved since the question was sent on its way."""


class Corrupt(QuarkparsecError):
    """Stored or received data contradicts itself."""


class InvariantBroken(AssertionError):
    """A fact that the code relies on doesn't hold."""


def invariant(condition: object, words: str, **values: object) -> None:
    """Stop at once unless `condition` holds. Always on: `python -O` doesn't remove it."""
    if not condition:
        detail = ", ".join(f"{name}={value!r}" for name, value in values.items())
        raise InvariantBroken(f"{words} ({detail})" if detail else words)
