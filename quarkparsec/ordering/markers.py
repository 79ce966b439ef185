"""What one strand has in the timeline: its markers."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from msgspec import Struct

from quarkparsec.ordering.label import Key, Keys, Label
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
    unserved: Keys
    """Will-read markers."""
    values: Values | None = None
    """None while its write markers are PENDING."""
    released: set[Key] | None = None
    """Lazy reads that are may-read markers no more."""
    is_open: bool = False
    has_begun: bool = False
    """Whether it was told that nothing before it is pending, if its label is the whole shard."""
    waiters: list[Markers] | None = None
    """Opened readers for whom these markers must be resolved first."""

    @property
    def is_done(self) -> bool:
        """Whether nothing here will change or be read for it any more."""
        decided = len(self.released) if self.released else 0
        return self.values is not None and not self.unserved and decided == len(self.label.lazy)

    def pinned_keys(self) -> Keys:
        """What it may still read or write."""
        label, released = self.label, self.released or ()
        keys = self.unserved + tuple(key for key in label.lazy if key not in released)
        return keys + label.will + label.may if self.values is None else keys
