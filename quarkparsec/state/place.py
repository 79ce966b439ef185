"""Which part of the state a database is for: one shard among so many.

    rlp([shard id, shard count, [universal contract …]])

It is written with the state of epoch 0 and again when the shards are split, so a database that lies in the
wrong folder is found out. Which entries are own follows from it: those whose shard key belongs to the shard,
and what genesis puts into every shard under no key that counts.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.errors import Corrupt, InvalidInput, invariant
from quarkparsec.types import (
    RECIPIENT_BYTES,
    Recipient,
    ShardId,
    ShardKey,
    is_shard_count,
    shard_of,
)


class Place(NamedTuple):
    """A shard among the shards."""

    shard_id: ShardId
    shard_count: int
    universal: frozenset[Recipient] = frozenset()
    """Contracts that every shard has, whatever key their entries have here."""

    def share_of(self, amount: int) -> int:
        """This shard's part of what all do together in an epoch, which so takes as long with many as with few."""
        return max(1, amount // self.shard_count)

    def owns(self, key: ShardKey) -> bool:
        """Whether entries of a shard key count here."""
        return shard_of(key, self.shard_count) == self.shard_id

    def halves(self) -> tuple[Place, Place]:
        """The two shards that a split makes of this one: the one that keeps its id, and the new one."""
        count = 2 * self.shard_count
        child = ShardId(self.shard_id + self.shard_count)
        return self._replace(shard_count=count), Place(child, count, self.universal)

    def divided(self, shard_count: int) -> Place:
        """The half that keeps its id. `shard_count` must be twice what there are."""
        invariant(
            shard_count == 2 * self.shard_count, "a split doubles the shards", to=shard_count
        )
        return self.halves()[0]

    def encode(self) -> bytes:
        """As it is stored."""
        return rlp.encode_sequence(
            [
                rlp.encode_scalar(self.shard_id),
                rlp.encode_scalar(self.shard_count),
                rlp.encode_sequence([rlp.encode_bytes(each) for each in sorted(self.universal)]),
            ]
        )

    @classmethod
    def decode(cls, encoded: bytes) -> Place:
        """Read what `encode` wrote. Raises Corrupt for anything else."""
        try:
            shard_id, shard_count, universal = rlp.decode_list(encoded)
            place = cls(
                ShardId(rlp.scalar(shard_id, bits=32)),
                rlp.scalar(shard_count, bits=40),
                frozenset(_recipients(universal)),
            )
        except (InvalidInput, ValueError) as error:
            raise Corrupt(f"the database doesn't say whose it is: {error}") from error
        if not is_shard_count(place.shard_count) or place.shard_id >= place.shard_count:
            raise Corrupt(f"there is no shard {place.shard_id} among {place.shard_count}")
        return place


def _recipients(item: rlp.Item) -> list[Recipient]:
    members = item if isinstance(item, list) else [item]
    recipients = [Recipient(each) for each in members if isinstance(each, bytes)]
    if recipients != members or any(len(each) != RECIPIENT_BYTES for each in recipients):
        raise InvalidInput("universal contracts are a list of recipients")
    return recipients
