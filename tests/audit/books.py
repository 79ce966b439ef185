"""The databases of a small cluster that worked for a while, in memory, to be tampered with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from quarkparsec.audit.auditor import Auditor, Databases
from quarkparsec.audit.findings import Finding
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.root_store import RootStore
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Epoch, ShardId
from tests.simulation.faults import Faults
from tests.simulation.world import Machines, World

SEED = 7
"""Of a run with two shards and 18 epochs, of which the last four can be read."""


class Books:
    """Copies of all databases; what is written here stays here."""

    def __init__(self, genesis: Genesis, master: MemoryStore, shards: list[MemoryStore]) -> None:
        self.genesis = genesis
        self.master = master
        self.shards = {ShardId(index): store for index, store in enumerate(shards)}

    @property
    def head(self) -> Epoch:
        return RootStore(self.master).head().number

    @property
    def shard(self) -> MemoryStore:
        """The database of a shard that made a block in the last epoch."""
        return self.shards[RootStore(self.master).head().participants[-1]]

    def audit(
        self,
        first: int | None = None,
        last: int | None = None,
        *,
        replay: bool = False,
        at_rest: bool = True,
    ) -> Auditor:
        """Audit the head, or the epochs given."""
        databases = Databases(
            self.genesis, self.master, self.shards, at_rest, lambda _: MemoryStore()
        )
        auditor = Auditor(databases, lambda _, epochs: epochs)
        last = self.head if last is None else last
        auditor.check(Epoch(last if first is None else first), Epoch(last), replay=replay)
        return auditor

    def findings(self, *epochs: int, replay: bool = False) -> list[Finding]:
        return self.audit(*epochs, replay=replay).findings.noted


def books(*, after_power_cut: bool = False) -> Books:
    """Fresh copies of the same books each time; what wasn't synced yet may be lost."""
    genesis, master, *shards = _made(after_power_cut)
    return Books(genesis, master.snapshot(), [shard.snapshot() for shard in shards])


@cache
def _made(after_power_cut: bool) -> tuple[Genesis, MemoryStore, *tuple[MemoryStore, ...]]:
    """The chain, and the databases of the master and the shards."""
    world = World(SEED, Machines(), Faults())
    world.run()
    disks = [process.disk for process in (world.master, *world.shards.values())]
    kept = [disk.safe if after_power_cut else disk.snapshot() for disk in disks]
    return world.genesis, *kept  # type: ignore[return-value]


def rows(store: MemoryStore, table: bytes) -> list[tuple[bytes, bytes]]:
    """A whole table."""
    return list(store.scan(table, prefix_stop(table)))


def put(store: MemoryStore, key: bytes, value: bytes | None) -> None:
    store.write({key: value}, sync=False)


def alter(store: MemoryStore, key: bytes, change: Callable[[bytes], Any]) -> None:
    """Write something else in place of what is there."""
    value = store.get(key)
    assert value is not None
    put(store, key, change(value))
