"""Which moves make sense: what an operator may ask for, and where the shards of a leaving slave go."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.errors import Rejected
from quarkparsec.limits import SHARDS_PER_SLAVE_MAX
from quarkparsec.root.topology import Move, Topology
from quarkparsec.types import ShardId


class Fleet(NamedTuple):
    """Who is where, and which slaves can be reached."""

    topology: Topology
    connected: frozenset[str]

    def load(self, name: str) -> int:
        """How many shards a slave holds."""
        return len(self.topology.shards_of(name))


def check_move(fleet: Fleet, move: Move) -> None:
    """Raise Rejected unless a shard can move to a slave now."""
    topology, (shard_id, target) = fleet.topology, move
    if not 0 <= shard_id < topology.shard_count:
        raise Rejected(f"there is no shard {shard_id}: there are {topology.shard_count}")
    if topology.slave(target) is None:
        raise Rejected(f"there is no slave {target}; admin_addSlave makes one known")
    source = topology.holder(shard_id)
    if source == target:
        raise Rejected(f"shard {shard_id} is on {target} already")
    if target not in fleet.connected:
        raise Rejected(f"{target} isn't connected")
    if source not in fleet.connected:
        raise Rejected(f"{source}, which holds shard {shard_id}, isn't connected")
    if fleet.load(target) >= SHARDS_PER_SLAVE_MAX:
        raise Rejected(f"{target} is full: it holds {fleet.load(target)} shards")


def check_drain(fleet: Fleet, name: str) -> None:
    """Raise Rejected unless the first of a slave's shards can move, or it has none."""
    if fleet.topology.slave(name) is None:
        raise Rejected(f"there is no slave {name}")
    if len(fleet.topology.slaves) == 1:
        raise Rejected(f"{name} is the only slave")
    next_of_drain(fleet, name)


def next_of_drain(fleet: Fleet, name: str) -> Move | None:
    """The next shard of a slave that is to leave, and where it goes; None once it holds none.

    Raises Rejected if it can't go anywhere.
    """
    shards = fleet.topology.shards_of(name)
    if not shards:
        return None
    others = [slave.name for slave in fleet.topology.slaves if slave.name != name]
    targets = [other for other in others if other in fleet.connected]
    if not targets:
        raise Rejected(f"no slave is there that could take the shards of {name}")
    move = Move(ShardId(shards[0]), min(targets, key=lambda other: (fleet.load(other), other)))
    check_move(fleet, move)
    return move
