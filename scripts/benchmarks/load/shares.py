"""Shares of a load, spread evenly: whoever sends a tenth across shards does so with every tenth."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

WHOLE: Final = 100


def is_due(index: int, percent: int) -> bool:
    """Whether the one of this index belongs to the share."""
    return index * percent % WHOLE < percent


def share(percent: int) -> Callable[[int, random.Random], bool]:
    """`is_due` from an offset that is drawn at the first question: senders don't go in step."""
    offset: int | None = None

    def is_in(index: int, source: random.Random) -> bool:
        nonlocal offset
        if offset is None:
            offset = source.randrange(WHOLE)
        return is_due(index + offset, percent)

    return is_in
