"""What is measured: three questions, each a series of loads."""

from __future__ import annotations

from typing import Final, NamedTuple

from benchmarks.load.hot_spots import Duel, OneAccount, OneContract
from benchmarks.load.payments import Transfers
from benchmarks.load.payouts import Payouts
from benchmarks.load.report import LoadReport
from benchmarks.load.workload import Workload

PERCENTS: Final = (0, 10, 50, 100)


class Step(NamedTuple):
    """One load of a part; `percent` where a share is what changes."""

    label: str
    workload: Workload
    percent: int | None = None


class Part(NamedTuple):
    """A series of loads on one cluster, one after the other."""

    name: str
    title: str
    changing: str
    """What differs from load to load."""
    steps: tuple[Step, ...]

    @property
    def is_sweep(self) -> bool:
        """Whether its steps lie on an axis, so that it can be plotted."""
        return all(step.percent is not None for step in self.steps)


class Measured(NamedTuple):
    """A step and what came of it."""

    step: Step
    report: LoadReport


SHARES: Final = Part(
    "shares",
    "transfers, by the share that goes to another shard",
    "to another shard",
    tuple(Step(f"{percent} %", Transfers(percent), percent) for percent in PERCENTS),
)

CONFLICTS: Final = Part(
    "conflicts",
    "calls to a contract on another shard, by the share that pays out to accounts with calls of their own",
    "in conflict",
    tuple(Step(f"{percent} %", Payouts(percent), percent) for percent in PERCENTS),
)

HOT_SPOTS: Final = Part(
    "hot-spots",
    "loads that all want the same",
    "load",
    tuple(Step(each.name, each) for each in (OneAccount(), OneContract(), Duel())),
)

PARTS: Final = {part.name: part for part in (SHARES, CONFLICTS, HOT_SPOTS)}
