"""What a transaction may touch, said before it runs.

A label names keys in four sets, or the whole shard:

    eager  it will read them: their values are pushed to its executor
    lazy   it may read them: its executor asks for them, or releases them
    will   it will write them, unless it fails
    may    it may write them

Labels are a lattice: the join of two names what either does, and the whole shard is the top. A transaction
under the whole shard's label may touch any key; it runs when everything before it is resolved, and what
comes after it waits for it.

Keys are bytes; what they stand for is the business of whoever makes labels.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from operator import attrgetter
from typing import Final

from msgspec import Struct

from quarkparsec.errors import InvalidInput

Key = bytes
"""What can be read and written by itself."""

Keys = Set[Key]

NO_KEYS: Final[Keys] = frozenset()


class Label(Struct, frozen=True, gc=False):
    """The keys of one transaction. Raises InvalidInput if a set contradicts another (R6)."""

    eager: Keys = NO_KEYS
    lazy: Keys = NO_KEYS
    will: Keys = NO_KEYS
    may: Keys = NO_KEYS
    is_whole: bool = False
    """The whole shard, whatever the sets say."""

    def __post_init__(self) -> None:
        if self.lazy and not self.lazy.isdisjoint(self.eager):
            raise InvalidInput("a key can't be read both eagerly and lazily")
        if self.may and not self.may.isdisjoint(self.will):
            raise InvalidInput("a key can't be one that will and one that may be written")

    @property
    def writes(self) -> bool:
        """Whether it may write anything."""
        return self.is_whole or bool(self.will or self.may)

    def may_read(self, key: Key) -> bool:
        """Whether reading `key` is within the label."""
        return self.is_whole or key in self.eager or key in self.lazy

    def may_write(self, key: Key) -> bool:
        """Whether writing `key` is within the label."""
        return self.is_whole or key in self.will or key in self.may

    def join(self, other: Label) -> Label:
        """The least label that covers both."""
        return join_all((self, other))


def join_all(labels: Sequence[Label]) -> Label:
    """The least label that covers all of these."""
    if len(labels) == 1:
        return labels[0]
    if any(map(_is_whole, labels)):
        return WHOLE_SHARD
    eagers, mays = [label.eager for label in labels], [label.may for label in labels]
    eager = _union(eagers)
    may = eager if mays == eagers else _union(mays)  # as a rule: who may write a key reads it
    others = [label for label in labels if label.lazy or label.will]
    if not others:
        return Label(eager=eager, may=may)
    lazy, will = _union([each.lazy for each in others]), _union([each.will for each in others])
    return Label(eager, lazy - eager, will, may - will)


WHOLE_SHARD: Final = Label(is_whole=True)
"""The top: reads and may write everything."""


_is_whole = attrgetter("is_whole")


def _union(sets: Sequence[Keys]) -> Keys:
    return frozenset().union(*sets)
