"""All planted bugs: the checkers must find every one of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.simulation import sabotage as machines
from tests.simulation.faults import Faults
from tests.simulation.sabotage_lanes import PATCHES, Patch
from tests.simulation.sabotage_splits import SPLIT_MACHINES, SPLIT_PATCHES
from tests.simulation.traffic import NO_SPLITS, Splits
from tests.simulation.world import Machines

HARSH: Final = Faults(
    repetition=0.5,
    delay_ms_max=5,
    late=0.4,
    crash=0.03,
    power_cut=0.5,
    slow_disk_ms_max=1_000,
    links_tell=False,
)
"""For bugs that need a crash and a late message in one narrow place."""

JUMBLED: Final = Faults(repetition=0.5, delay_ms_max=300)
"""For bugs that need messages in the wrong order, and rounds that come to their end all the same."""

LATE: Final = Faults(repetition=0.5, delay_ms_max=20, late=0.2, crash=0.005, power_cut=0.5)
"""For bugs that need something to happen in the midst of a lane."""


class Planted(NamedTuple):
    """A bug and the faults that bring it to light (None: drawn for each seed)."""

    machines: Machines = Machines()
    faults: Faults | None = None
    patch: Patch | None = None
    only: tuple[str, ...] = ()
    """Kinds of transactions that bring it to light, as in `traffic`."""
    splits: Splits = NO_SPLITS


_FAULTS: Final = {
    "takes any version": JUMBLED,
    "wounds the prepared": LATE,
    "commits again": JUMBLED,
    "forgets answers": JUMBLED,
}

_ONLY: Final = {
    "takes any version": ("create", "fund"),
    "wounds the prepared": ("spawn", "deploy"),
    "waits for everybody": ("call",),
    "ignores wounds": ("call", "spawn"),
}

_SPLITS: Final = {
    "splits again": Splits(1, 2),
    "splits at once": Splits(1, 2),
}

PLANTED: Final[dict[str, Planted]] = {
    "commits before persisting": Planted(Machines(root=machines.CommitsBeforePersisting)),
    "never syncs root blocks": Planted(Machines(root=machines.NeverSyncsRootBlocks)),
    "welcomes too early": Planted(Machines(root=machines.WelcomesTooEarly), HARSH, only=("near",)),
    "goes on without answers": Planted(Machines(root=machines.GoesOnWithoutAnswers)),
    "shows sealed blocks": Planted(Machines(shard=machines.ShowsSealedBlocks)),
    "never syncs sealed blocks": Planted(Machines(shard=machines.NeverSyncsSealedBlocks)),
    "skips replay": Planted(Machines(shard=machines.SkipsReplay)),
    "believes old welcomes": Planted(
        Machines(shard=machines.BelievesOldWelcomes), HARSH, only=("near",)
    ),
    "hears of other rounds": Planted(Machines(shard=machines.HearsOfOtherRounds)),
    "loses money": Planted(Machines(shard=machines.LosesMoney)),
    **{
        name: Planted(Machines(), _FAULTS.get(name), patch, _ONLY.get(name, ()))
        for name, patch in PATCHES.items()
    },
    **{
        name: Planted(machines_, splits=_SPLITS.get(name, Splits(2, 1)))
        for name, machines_ in SPLIT_MACHINES.items()
    },
    **{
        name: Planted(Machines(), None, patch, (), _SPLITS.get(name, Splits(2, 1)))
        for name, patch in SPLIT_PATCHES.items()
    },
}
