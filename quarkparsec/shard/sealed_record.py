"""The one record that a shard makes durable before it says `Sealed`.

    rlp([[epoch, term, attempt], block, summary])

It holds the body, not the state: after a power cut the state is made again by replay. There is at most one
record, the last: when it is overwritten, the writes of the block before it are durable already, because
they came earlier in the same log and this write is synced.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.block import ShardBlock, ShardSummary
from quarkparsec.codec import rlp
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import epoch as wire


class SealedRecord(NamedTuple):
    """A sealed block and the round that it was sealed in."""

    round: wire.Round
    block: ShardBlock
    summary: ShardSummary

    def encode(self) -> bytes:
        """The stored form."""
        sealed_round = rlp.encode_sequence(
            [
                rlp.encode_scalar(self.round.epoch),
                rlp.encode_scalar(self.round.term),
                rlp.encode_scalar(self.round.attempt),
            ]
        )
        return rlp.encode_sequence(
            [
                sealed_round,
                rlp.encode_bytes(self.block.encode()),
                rlp.encode_bytes(self.summary.encode()),
            ]
        )

    @classmethod
    def decode(cls, encoded: bytes) -> SealedRecord:
        """Read what `encode` wrote. Raises Corrupt for anything else: it is our own disk."""
        try:
            return cls._decode(encoded)
        except InvalidInput as error:
            raise Corrupt(f"sealed record: {error}") from error

    @classmethod
    def _decode(cls, encoded: bytes) -> SealedRecord:
        fields = rlp.decode_list(encoded)
        if len(fields) != 3:
            raise InvalidInput("a sealed record has three fields")
        numbers, block, summary = fields
        if not isinstance(numbers, list) or len(numbers) != 3:
            raise InvalidInput("a round has three numbers")
        if not isinstance(block, bytes) or not isinstance(summary, bytes):
            raise InvalidInput("block and summary are byte strings")
        epoch, term, attempt = (rlp.scalar(number, bits=64) for number in numbers)
        return cls(
            wire.Round(Epoch(epoch), term, attempt),
            ShardBlock.decode(block),
            ShardSummary.from_item(rlp.decode_list(summary)),
        )

    def to_message(self, shard_id: ShardId) -> wire.Sealed:
        """What the shard says of it."""
        return wire.Sealed(shard_id, self.round, self.summary.encode())
