"""How a checker complains."""

from __future__ import annotations


class Violation(AssertionError):
    """A promise is broken."""


def require(condition: object, words: str) -> None:
    """Raise Violation unless `condition` holds."""
    if not condition:
        raise Violation(words)
