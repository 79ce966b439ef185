"""The driver's part of a split: the new half's disk is a copy of the old shard's, and its process starts.

The copy is there whole or not at all, and survives a power cut. What splits leave is swept and deleted in pieces
so small that a few accounts make several of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from quarkparsec.errors import Rejected
from quarkparsec.shard import garbage
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.division import child_batch
from quarkparsec.shard.events import Divide, Divided, HandOver
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.state import sweeping
from tests.serializability.violation import require
from tests.simulation.disk import Disk
from tests.simulation.process import Process

if TYPE_CHECKING:
    from tests.simulation.world import World


class Halves:
    """All splits of one world."""

    def __init__(self, world: World) -> None:
        self._world: Final = world

    def divide(self, process: Process, effect: Divide) -> None:
        """Make the new half, unless it stands; the old one has promised to write nothing meanwhile."""
        process.beside(partial(self._copy, process, effect))

    def _copy(self, process: Process, effect: Divide) -> Divided:
        if effect.shard_id not in self._world.shards:
            assert process.machine is not None
            contents = process.disk.snapshot()
            place = process.machine.shard_state.place
            contents.write(child_batch(place, effect.born), sync=True)
            self._world.add_shard(effect.shard_id, Disk(contents))
        return Divided(effect.shard_id)

    def hand_over(self, process: Process, effect: HandOver) -> None:
        """Admit at the new half what waits for it; what was in the pool is in one of the two."""
        machine = process.machine
        assert machine is not None
        kept = {hash_ for hash_ in process.pooled if machine.pool.find(hash_) is not None}
        given = {candidate.transaction.hash for candidate in effect.candidates}
        require(kept | given == process.pooled, "a split loses what waits in the pool")
        require(not kept & given, "both halves have a transaction in their pools")
        for candidate in effect.candidates:
            with suppress(Rejected):
                self._world.shards[effect.shard_id].do(partial(self._admit, candidate))

    def _admit(self, candidate: Candidate, machine: ShardMachine) -> list[Any]:
        return machine.admit(self._world.now_ms, candidate)


@contextmanager
def small_pieces(size: int) -> Iterator[None]:
    """Sweep so many entries at once, and delete twice as many rows."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(sweeping, "SWEEP_ENTRIES_MAX", size))
        patches.enter_context(patch.object(sweeping, "SWEEP_SCANNED_MAX", 2 * size))
        patches.enter_context(patch.object(garbage, "GARBAGE_ROWS_MAX", 2 * size))
        yield
