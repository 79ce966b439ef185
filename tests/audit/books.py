"""The databases of a small cluster that worked for a while, in memory, to be tampered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from random import Random
from typing import Any

from quarkparsec.audit.auditor import Auditor, Databases
from quarkparsec.audit.findings import Finding
from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.legs import Call, Claim, Payment
from quarkparsec.root.root_store import RootStore
from quarkparsec.shard.block_rows import HEADER, epoch_of
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.state.stored import read_oldest
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Epoch, ShardId
from tests.simulation.disk import Disk
from tests.simulation.faults import Faults
from tests.simulation.halves import small_pieces
from tests.simulation.traffic import draw_traffic
from tests.simulation.world import Machines, World

FIRST_SEED = 177
"""Where the search for a telling run begins: at one, as long as the simulator stays as it is."""

FORGOTTEN = 3
"""The states up to this epoch can't be read any more."""


class Books:
    """Copies of all databases; what is written here stays here."""

    def __init__(
        self,
        genesis: Genesis,
        master: MemoryStore,
        shards: dict[ShardId, MemoryStore],
        piece: int,
    ) -> None:
        """`piece`: how many entries are swept at once."""
        self.piece = piece
        self.genesis = genesis
        self.master = master
        self.shards = shards

    @property
    def head(self) -> Epoch:
        return RootStore(self.master).head().number

    @property
    def busy(self) -> ShardId:
        """The shard that made a block in the last epoch."""
        return RootStore(self.master).head().participants[-1]

    @property
    def shard(self) -> MemoryStore:
        """Its database."""
        return self.shards[self.busy]

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
        with small_pieces(self.piece):
            auditor.check(Epoch(last if first is None else first), Epoch(last), replay=replay)
        return auditor

    def findings(self, *epochs: int, replay: bool = False) -> list[Finding]:
        return self.audit(*epochs, replay=replay).findings.noted


def books(*, after_power_cut: bool = False) -> Books:
    """Fresh copies of the same books each time; what wasn't synced yet may be lost."""
    world = _quiet_run()
    return books_of(world, after_power_cut=after_power_cut)


@cache
def _quiet_run() -> World:
    """The first run without faults or splits that has something of everything to tamper with."""
    for seed in count(FIRST_SEED):
        world = World(seed, Machines(), Faults(), draw_traffic(Random(seed)))
        if world.genesis.shard_count == 2:
            world.run()
            if _is_telling(books_of(world)):
                return world
    raise AssertionError("there is always one more seed")


def _is_telling(made: Books) -> bool:
    """Legs of all kinds, a past that isn't kept, and a last epoch in which only one shard did something."""
    head = RootStore(made.master).head()
    legs = [block.legs for store in made.shards.values() for block in blocks_of(store)]
    kinds = {type(leg) for each in legs for leg in each.tickets}
    return (
        max(map(read_oldest, made.shards.values())) > FORGOTTEN
        and len(head.participants) == 1
        and head.summaries[head.participants[0]].transaction_count > 0
        and kinds == {Call, Payment, Claim}
        and any(each.transfer_count for each in legs)
        and any(each.payouts for each in legs)
    )


def books_of(world: World, *, after_power_cut: bool = False) -> Books:
    """What a simulated cluster has on its disks."""

    def kept(disk: Disk) -> MemoryStore:
        return disk.safe.snapshot() if after_power_cut else disk.snapshot()

    shards = {shard_id: kept(process.disk) for shard_id, process in world.shards.items()}
    return Books(world.genesis, kept(world.master.disk), shards, world.piece)


def rows(store: MemoryStore, table: bytes) -> list[tuple[bytes, bytes]]:
    """A whole table."""
    return list(store.scan(table, prefix_stop(table)))


def blocks_of(store: MemoryStore) -> Iterator[ShardBlock]:
    """All blocks of a shard."""
    for key, _ in rows(store, HEADER):
        block = BlockStore(store).block(epoch_of(key, HEADER))
        if block is not None:  # else the shard that it was split off from shows it
            yield block


def put(store: MemoryStore, key: bytes, value: bytes | None) -> None:
    store.write({key: value}, sync=False)


def alter(store: MemoryStore, key: bytes, change: Callable[[bytes], Any]) -> None:
    """Write something else in place of what is there."""
    value = store.get(key)
    assert value is not None
    put(store, key, change(value))
