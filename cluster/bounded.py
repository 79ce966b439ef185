"""A dict with a maximum: the entry that was used longest ago makes room."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LeastRecentlyUsed(Generic[Key, Value]):
    """At most `size_max` entries."""

    def __init__(self, size_max: int) -> None:
        self._size_max: Final = size_max
        self._entries: Final[OrderedDict[Key, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value, which now counts as used."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size_max:
            self._entries.popitem(last=False)

    def forget(self, key: Key) -> None:
        self._entries.pop(key, None)
