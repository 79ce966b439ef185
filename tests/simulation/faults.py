"""What may go wrong in one run: drawn for each seed, so that no fault hides another's bug."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Faults:
    """Rates are probabilities, times are virtual milliseconds."""

    loss: float = 0.0
    """Of a message."""
    repetition: float = 0.0
    """Of a message."""
    delay_ms_max: int = 2
    """Messages overtake one another within it."""
    late: float = 0.0
    """That a message takes seconds: it arrives in another epoch, or in another life of its receiver."""
    crash: float = 0.0
    """Of a process, at each of its steps."""
    power_cut: float = 0.0
    """That a crash takes the unsynced writes along."""
    pause: float = 0.0
    """Of a process, at each of its steps; longer than the master's patience."""
    partition: float = 0.0
    """That the link of a message breaks, one way, for a while."""
    disk_ms_max: int = 5
    """How long a write or a job takes."""
    slow_disk_ms_max: int = 5
    """The same for shard 0: the others wait for it, sealed."""
    links_tell: bool = True
    """Whether the master is told that a shard's process died."""

    @property
    def is_calm(self) -> bool:
        """Whether everybody is there and hears everything in time: jumbled and repeated, but nothing worse."""
        return not (self.loss or self.late or self.crash or self.pause or self.partition)


def draw_faults(random: Random) -> Faults:
    """The faults of one run."""
    return Faults(
        loss=random.choice((0.0, 0.0, 0.02, 0.2)),
        repetition=random.choice((0.0, 0.05, 0.3)),
        delay_ms_max=random.choice((1, 20, 300)),
        late=random.choice((0.0, 0.02, 0.1)),
        crash=random.choice((0.0, 0.002, 0.01, 0.03)),
        power_cut=random.choice((0.0, 0.5, 1.0)),
        pause=random.choice((0.0, 0.0, 0.002)),
        partition=random.choice((0.0, 0.0, 0.005)),
        disk_ms_max=random.choice((0, 5, 100)),
        slow_disk_ms_max=random.choice((5, 5, 1_000)),
        links_tell=random.random() < 0.5,
    )
