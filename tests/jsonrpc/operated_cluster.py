"""A cluster without a network that operators may rearrange.

What may be asked of it is decided by the code of the master itself: the split's rule, the topology, the mover. So are
the words of refusals. Nothing follows from what it grants: shards that begin to move never arrive.
"""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.jsonrpc.node import ShardLoad
from quarkparsec.root.move_states import SlaveUp
from quarkparsec.root.mover import Mover
from quarkparsec.root.split import check_split
from quarkparsec.root.topology import Move, SlavePlace, Topology
from quarkparsec.types import Epoch
from quarkparsec.wire.operations import (
    AddSlave,
    Moves,
    MoveShard,
    Operation,
    RemoveSlave,
)
from tests.jsonrpc.cluster import MemoryCluster
from tests.jsonrpc.headers import SHARD_COUNT

NOW_MS = 1_700_000_000_000


class OperatedCluster(MemoryCluster):
    """An Operator: shard s is on slave s mod 2, and both slaves are there."""

    def __init__(self) -> None:
        super().__init__()
        names = ("slave-0", "slave-1")
        self.topology = Topology(
            version=1,
            slaves=tuple(SlavePlace(name, "127.0.0.1", 9000 + n) for n, name in enumerate(names)),
            holders=tuple(names[shard_id % 2] for shard_id in range(SHARD_COUNT)),
        )
        self.mover = Mover(1, self.topology)
        for name in names:
            self.mover.step(NOW_MS, SlaveUp(name))
        self.asked: list[Operation] = []
        """What was granted."""
        self.told: Moves | None = None
        """What is said of the moves, if it isn't the truth."""

    async def reshard(self, shard_count: int) -> Epoch:
        check_split(self.head(), shard_count)
        return self._next_epoch()

    async def operate(self, operation: Operation) -> Moves:
        match operation:
            case MoveShard():
                self.mover.begin(NOW_MS, Move(operation.shard_id, operation.slave))
            case AddSlave():
                place = SlavePlace(operation.name, operation.host, operation.port)
                self.topology = self.topology.joined(place)
            case RemoveSlave():
                self.mover.dismiss(NOW_MS, operation.name)
        self.asked.append(operation)
        return self.told or self.mover.view()

    async def loads(self) -> Sequence[ShardLoad]:
        return [ShardLoad(10 * shard_id, 1_000 * shard_id) for shard_id in range(SHARD_COUNT)]
