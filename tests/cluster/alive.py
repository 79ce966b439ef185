"""Whether a process lives."""

from __future__ import annotations

import os


def is_alive(pid: int) -> bool:
    """Whether there is a process with this id, and it hasn't ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
