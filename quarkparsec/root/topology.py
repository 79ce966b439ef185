"""Who is where: the slaves of a cluster, and which of them holds each shard.

The root chain says how many shards there are; the topology says where. It is written beside the root chain,
never in a block: where a shard runs changes nothing that it computes. Each change makes a new version.

A shard that is split leaves its new half on the same slave, where the data is. Moving halves to other slaves
is a business of its own, one shard at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Struct

from quarkparsec.errors import Corrupt, Rejected
from quarkparsec.types import ShardId


class SlavePlace(Struct, frozen=True, array_like=True):
    """A slave, and where it listens."""

    name: str
    host: str
    port: int


class Move(NamedTuple):
    """A shard that should be on another slave."""

    shard_id: ShardId
    slave: str


class Topology(Struct, frozen=True, array_like=True):
    """One version of who is where."""

    version: int
    slaves: tuple[SlavePlace, ...]
    holders: tuple[str, ...]
    """The name of each shard's slave, in shard order."""

    @property
    def shard_count(self) -> int:
        return len(self.holders)

    def slave(self, name: str) -> SlavePlace | None:
        """The slave of that name."""
        return next((slave for slave in self.slaves if slave.name == name), None)

    def holder(self, shard_id: ShardId) -> str:
        """The name of the slave that holds a shard."""
        return self.holders[shard_id]

    def shards_of(self, name: str) -> tuple[ShardId, ...]:
        """The shards that a slave holds, ascending."""
        held = enumerate(self.holders)
        return tuple(ShardId(shard_id) for shard_id, holder in held if holder == name)

    def divided(self) -> Topology:
        """After a split: the new half of each shard is where the old one is."""
        return self._next(holders=self.holders * 2)

    def moved(self, move: Move) -> Topology:
        """With a shard on another slave. Raises Rejected."""
        if self.slave(move.slave) is None:
            raise Rejected(f"there is no slave {move.slave}")
        if not 0 <= move.shard_id < self.shard_count:
            raise Rejected(f"there is no shard {move.shard_id}: there are {self.shard_count}")
        if self.holder(move.shard_id) == move.slave:
            raise Rejected(f"{move.slave} holds shard {move.shard_id} already")
        holders = list(self.holders)
        holders[move.shard_id] = move.slave
        return self._next(holders=tuple(holders))

    def joined(self, slave: SlavePlace) -> Topology:
        """With one more slave, that holds nothing yet. Raises Rejected."""
        if self.slave(slave.name) is not None:
            raise Rejected(f"there is a slave {slave.name} already")
        if any((each.host, each.port) == (slave.host, slave.port) for each in self.slaves):
            raise Rejected(f"another slave listens on {slave.host}:{slave.port}")
        return self._next(slaves=(*self.slaves, slave))

    def left(self, name: str) -> Topology:
        """Without a slave that holds nothing any more. Raises Rejected."""
        if self.slave(name) is None:
            raise Rejected(f"there is no slave {name}")
        if self.shards_of(name):
            raise Rejected(f"{name} still holds shards {list(self.shards_of(name))}")
        return self._next(slaves=tuple(slave for slave in self.slaves if slave.name != name))

    def spread(self) -> tuple[Move, ...]:
        """The moves that leave no slave with two shards more than another; as few as that takes."""
        holdings = {slave.name: list(self.shards_of(slave.name)) for slave in self.slaves}
        moves: list[Move] = []
        while True:
            most = max(holdings, key=lambda name: len(holdings[name]))
            least = min(holdings, key=lambda name: len(holdings[name]))
            if len(holdings[most]) - len(holdings[least]) < 2:
                return tuple(moves)
            shard_id = holdings[most].pop()
            holdings[least].append(shard_id)
            moves.append(Move(shard_id, least))

    def encode(self) -> bytes:
        """As it is stored and sent."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, encoded: bytes) -> Topology:
        """Read what `encode` wrote. Raises Corrupt for anything else."""
        try:
            return msgspec.msgpack.decode(encoded, type=cls)
        except msgspec.MsgspecError as error:
            raise Corrupt(f"the topology is malformed: {error}") from error

    def _next(
        self,
        slaves: tuple[SlavePlace, ...] | None = None,
        holders: tuple[str, ...] | None = None,
    ) -> Topology:
        slaves = self.slaves if slaves is None else slaves
        holders = self.holders if holders is None else holders
        return Topology(self.version + 1, slaves, holders)


def first_topology(slaves: tuple[SlavePlace, ...], shard_count: int) -> Topology:
    """Where the shards of a new chain are: in turn, one after the other."""
    names = [slaves[shard % len(slaves)].name for shard in range(shard_count)]
    return Topology(1, slaves, tuple(names))
