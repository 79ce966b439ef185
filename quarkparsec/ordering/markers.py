"""What one strand has in the timeline: its markers."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from msgspec import Struct, field

from quarkparsec.ordering.label import NO_KEYS, Key, Keys, Label
from quarkparsec.ordering.outcome import Values
from quarkparsec.types import Epoch, Fingerprint

BEFORE_ALL: Final = Fingerprint(Epoch(-1), 0, 0)
"""Below every fingerprint."""


class Marker(Enum):
    """A write marker's three states."""

    PENDING = auto()
    VALUE = auto()
    NOWRITE = auto()


class Markers(Struct):
    """What a transaction has in the timeline."""

    fingerprint: Fingerprint
    label: Label
    values: Values | None = None
    """None while its write markers are PENDING."""
    released: set[Key] | None = None
    """Lazy reads that are may-read markers no more."""
    is_open: bool = False
    """Whether its eager reads have been looked at; until then none of them is served."""
    unserved: set[Key] = field(default_factory=set)
    """Lazy reads that were asked for, and eager ones once it is open, that have no value yet."""
    has_begun: bool = False
    """Whether it was told that nothing before it is pending, if its label is the whole shard."""
    waiters: dict[Fingerprint, tuple[Markers, list[Key]]] | None = None
    """Opened readers, and of which keys these markers must be resolved first for them."""

    @property
    def is_done(self) -> bool:
        """Whether nothing here will change or be read for it any more."""
        decided = len(self.released) if self.released else 0
        is_served = self.is_open and not self.unserved
        return self.values is not None and is_served and decided == len(self.label.lazy)

    def has_wait(self, reader: Markers, key: Key) -> None:
        """Let a reader wait until these are resolved."""
        if self.waiters is None:
            self.waiters = {}
        self.waiters.setdefault(reader.fingerprint, (reader, []))[1].append(key)
        reader.unserved.add(key)

    def pinned_keys(self) -> Keys:
        """What it may still read or write."""
        label, released = self.label, self.released or NO_KEYS
        reads = self.unserved | (label.lazy - released)
        if not self.is_open:
            reads |= label.eager
        return reads if self.values is not None else reads | label.will | label.may
