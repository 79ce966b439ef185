"""The words of the domain as types: sizes, ranges and the arithmetic between shard keys and shards.

A *recipient* is an ordinary 20-byte Ethereum address. An *address* is 24 bytes, recipient ‖ shard key,
192 bits: it names one account in one place. The number of shards is a power of two, and a shard holds
every key that is congruent to its id: `shard id = shard key mod shard count`. Doubling the count
therefore splits each shard in two and moves nothing else (QuarkChain's rule).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, NewType

from quarkparsec.errors import InvalidInput

Recipient = NewType("Recipient", bytes)
"""20 bytes: keccak256(public key)[12:], or a contract's address."""

Hash32 = NewType("Hash32", bytes)
"""32 bytes of keccak256."""

Slot = NewType("Slot", bytes)
"""32 bytes, big endian: a storage key. Bytes, because dicts of chosen ints can be made quadratic."""

ShardKey = NewType("ShardKey", int)
"""uint32: which shard an account lives in, for every shard count at once."""

ShardId = NewType("ShardId", int)
"""0 ≤ shard id < shard count."""

Epoch = NewType("Epoch", int)
"""The cluster-wide round, from 1; also the number of every block. 0 is genesis."""

Wei = NewType("Wei", int)
Gas = NewType("Gas", int)
Nonce = NewType("Nonce", int)

RECIPIENT_BYTES = 20
SHARD_KEY_BYTES = 4
ADDRESS_BYTES = RECIPIENT_BYTES + SHARD_KEY_BYTES
SHARD_KEY_MAX = 2**32 - 1


class Address(NamedTuple):
    """A 192-bit address: who, and under which shard key."""

    recipient: Recipient
    shard_key: ShardKey

    def encode(self) -> bytes:
        """The 24 bytes recipient ‖ shard key, big endian."""
        return self.recipient + self.shard_key.to_bytes(SHARD_KEY_BYTES, "big")

    @classmethod
    def decode(cls, encoded: bytes) -> Address:
        """Read 24 bytes. Raises InvalidInput for any other length."""
        if len(encoded) != ADDRESS_BYTES:
            raise InvalidInput(f"an address has {ADDRESS_BYTES} bytes, not {len(encoded)}")
        recipient = Recipient(encoded[:RECIPIENT_BYTES])
        return cls(recipient, ShardKey(int.from_bytes(encoded[RECIPIENT_BYTES:], "big")))


class Fingerprint(NamedTuple):
    """A place in the serial order of everything; compares in that order."""

    epoch: Epoch
    lane: int
    n: int


class Stage(IntEnum):
    """How far a transaction has come. Up to COMMITTED its epoch may still be aborted, and it waits again."""

    ADMITTED = 1
    """It waits in a pool: kept in memory, and a crash may lose it."""
    ORDERED = 2
    """It has a place in the order of this epoch; in this epoch or in none."""
    EXECUTED = 3
    """It has a receipt that nobody may see yet."""
    SEALED = 4
    """Its shard's block is durable, the root block not, as far as the shard knows."""
    COMMITTED = 5
    """For good."""


class LockType(IntEnum):
    """How a ticket holds a recipient in a shard; the greater includes the smaller."""

    READ = 0
    """Shared with other readers."""
    WRITE = 1
    """Alone."""


def home_key(recipient: Recipient) -> ShardKey:
    """Where an account lives when nobody says otherwise: its last four bytes."""
    return ShardKey(int.from_bytes(recipient[-SHARD_KEY_BYTES:], "big"))


def shard_of(key: ShardKey, shard_count: int) -> ShardId:
    """The shard that holds `key` when there are `shard_count` shards, a power of two."""
    return ShardId(key & (shard_count - 1))


def is_shard_count(count: int) -> bool:
    """True for the powers of two that a shard key can tell apart."""
    return 0 < count <= SHARD_KEY_MAX + 1 and count & (count - 1) == 0
