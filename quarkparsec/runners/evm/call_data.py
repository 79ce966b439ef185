"""What a call is given: bytes, or a window onto its caller's memory.

A call costs 100 gas, however much memory it names as its input: the caller has paid for that memory once.
So a long input isn't copied but looked at where it lies; the caller stands still meanwhile, and its memory
with it. Only what is read is copied, and reading is paid for.
"""

from __future__ import annotations

from typing import Final, Protocol

COPIED_BYTES_MAX: Final = 1024
"""A copy of so many is no dearer than a window."""


class CallData(Protocol):
    """Can be measured and cut; `data[:]` is all of it, as bytes."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


class Window:
    """`size` bytes of a memory from `start`; past its end there is nothing."""

    __slots__ = ("_memory", "_size", "_start")

    def __init__(self, memory: bytearray, start: int, size: int) -> None:
        self._memory = memory
        self._start = start
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        start, stop, _ = part.indices(self._size)
        return bytes(self._memory[self._start + start : self._start + max(start, stop)])


def call_data(memory: bytearray, start: int, size: int) -> CallData:
    """The input that lies at `start`."""
    if size > COPIED_BYTES_MAX:
        return Window(memory, start, size)
    return bytes(memory[start : start + size])
