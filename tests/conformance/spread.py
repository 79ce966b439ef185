"""How much of a large suite runs: a spread in everyday work, all of it when asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

RUN_ALL = os.environ.get("QUARKPARSEC_CONFORMANCE") == "all"

Case = TypeVar("Case")


def spread(cases: Sequence[Case], *, one_in: int) -> Sequence[Case]:
    """Every `one_in`-th case; every case with QUARKPARSEC_CONFORMANCE=all."""
    return cases if RUN_ALL else cases[::one_in]


def rounds(everyday: int, *, thorough: int) -> int:
    """How many random rounds to run."""
    return thorough if RUN_ALL else everyday
