"""Who is where, and what operators want to be otherwise: more shards, other slaves, a shard somewhere else.

One thing at a time: while the shards are being split none moves, and the other way round.

*A split* is asked for here, and happens in the next root block that commits (`split`): the topology with the
new halves is written in the batch of that block.

*A move* of a shard begins with a *hold*: from the next moment between two epochs its member takes part in
none, so its last block stays the last. When the data is there, the new topology is written. That write is
the move, and it ends the hold: the shard is invited where it is now, and comes with a later visit than ever
before, since its starts are counted in the data. Up to that write a hold can be released, and all is as if
it had never been. Holds live in memory: a master that starts again has forgotten them.

Each change of the topology is announced when it is durable, and not before.
"""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.effects import Effects
from quarkparsec.errors import Rejected
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.members import Hold, Member
from quarkparsec.root.membership import Membership
from quarkparsec.root.root_store import topology_batch
from quarkparsec.root.split import check_split
from quarkparsec.root.topology import Move, SlavePlace, Topology
from quarkparsec.store import Batch
from quarkparsec.types import ShardId


class Rearrangement:
    """The topology, and what is under way."""

    def __init__(self, topology: Topology, members: Membership, effects: Effects[Any]) -> None:
        self.topology = topology
        """The last durable one."""
        self.splits = False
        """Whether the next root block is to split the shards."""
        self._latest = topology
        """The last one, durable or being written."""
        self._writing: Final[dict[int, Topology]] = {}
        """By token."""
        self._members: Final = members
        self._effects: Final = effects

    # --- a split

    def reshard(self, head: RootBlock, shard_count: int) -> None:
        """Let the next root block split the shards. Raises Rejected."""
        self._check_nothing_is_under_way()
        check_split(head, shard_count)
        away = self._members.away
        if away:
            raise Rejected(f"shards {list(away)} are away")
        self.splits = True

    def divide(self, batch: Batch) -> int:
        """Write the root block that splits the shards, `batch`, and where they are; returns the token."""
        return self._write(self._latest.divided(), batch)

    # --- slaves

    def add_slave(self, slave: SlavePlace) -> None:
        """Let a slave belong to the cluster. Raises Rejected."""
        self._write(self._latest.joined(slave))

    def remove_slave(self, name: str) -> None:
        """Let a slave that holds nothing go. Raises Rejected."""
        self._write(self._latest.left(name))

    # --- a move

    def hold(self, shard_id: ShardId) -> None:
        """Keep a shard out of the epochs to come. Raises Rejected."""
        self._check_nothing_is_under_way()
        member = self._member(shard_id)
        if not member.joined:
            raise Rejected(f"shard {shard_id} is away")
        member.hold = Hold.WANTED

    def take_holds(self, head: RootBlock) -> None:
        """No epoch is open: keep those out who should be, once they have applied the last block."""
        for member in self._members:
            if member.hold is Hold.WANTED and member.is_caught_up(head.number):
                member.hold, member.joined = Hold.TAKEN, False
                last = head.summaries[member.shard_id].block_hash
                self._effects.announce(Held(member.shard_id, last))

    def release(self, now_ms: int, shard_id: ShardId) -> None:
        """Let a shard take part again where it is. Raises Rejected if it has moved."""
        member = self._member(shard_id)
        if member.hold is Hold.MOVED:
            raise Rejected(f"shard {shard_id} has moved already")
        was_held = member.is_held
        member.hold = Hold.NONE
        if was_held:
            self._members.invite(now_ms, member)

    def move(self, move: Move) -> None:
        """Let another slave hold a shard that is held out of the epochs. Raises Rejected."""
        topology = self._latest.moved(move)
        member = self._member(move.shard_id)
        if member.hold is not Hold.TAKEN:
            raise Rejected(f"shard {move.shard_id} isn't held back for a move")
        member.hold = Hold.MOVED
        self._write(topology)

    # --- writing

    def written(self, now_ms: int, token: int) -> None:
        """A batch is durable; perhaps it was one of these."""
        topology = self._writing.pop(token, None)
        if topology is None:
            return
        before, self.topology = self.topology, topology
        self._effects.announce(Rearranged(topology))
        if topology.shard_count != before.shard_count:
            self.splits = False
        for shard_id, holder in enumerate(before.holders):
            if topology.holders[shard_id] != holder:
                self._settle(now_ms, self._members[ShardId(shard_id)])

    def _settle(self, now_ms: int, member: Member) -> None:
        """The shard has moved: who holds it now may join."""
        member.hold = Hold.NONE
        self._members.invite(now_ms, member)

    def _write(self, topology: Topology, batch: Batch | None = None) -> int:
        token = self._effects.persist((batch or {}) | topology_batch(topology), sync=True)
        self._latest = self._writing[token] = topology
        return token

    def _check_nothing_is_under_way(self) -> None:
        if self.splits:
            raise Rejected("the shards are being split")
        for member in self._members:
            if member.hold is not Hold.NONE:
                raise Rejected(f"shard {member.shard_id} is being moved")

    def _member(self, shard_id: ShardId) -> Member:
        if not 0 <= shard_id < len(self._members):
            raise Rejected(f"there is no shard {shard_id}: there are {len(self._members)}")
        return self._members[shard_id]
