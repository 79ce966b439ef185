"""What a slave that makes a copy of a shard asks of the slave that holds it, and of the master.

Rows travel packed, so that neither event loop has to look at them: `pack_rows` and `unpack_rows` are called in
threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from quarkparsec.errors import InvalidInput
from quarkparsec.wire.moves import MoveId
from quarkparsec.wire.queries import AtShard, Query

Row = tuple[bytes, bytes]
"""Key and value."""


class ReadRows(AtShard, frozen=True):
    """The rows of the shard's database after a key, as they were when the first were read: Rows.

    `after` is b"" for the first; that begins a snapshot, which this move's later questions go on with.
    """

    move: MoveId
    after: bytes


class Rows(Query, frozen=True):
    """Some rows, in the order of keys."""

    packed: bytes
    last: bytes
    """The key of the last one; b"" if no more follow."""
    total_bytes: int
    """About what the whole database weighs."""


class ReadBlocksAfter(AtShard, frozen=True):
    """The shard's blocks after an epoch, oldest first, not too many at once: BlocksAfter."""

    epoch: int


class BlocksAfter(Query, frozen=True):
    """Encoded shard blocks."""

    blocks: list[bytes]
    are_all: bool
    """Whether the last one is the shard's last block."""


class ReadPool(AtShard, frozen=True):
    """What waits in the shard's pool, which is closed, from a position on, not too much at once: PoolPart."""

    move: MoveId
    position: int


class PooledTransaction(msgspec.Struct, frozen=True, array_like=True):
    """A transaction that waits."""

    raw: bytes
    sender: bytes
    to_key: int
    runs_code: bool


class PoolPart(Query, frozen=True):
    """Transactions in the order of their arrival."""

    transactions: list[PooledTransaction]
    are_all: bool


class ReadRootHashes(Query, frozen=True):
    """To the master: the hashes of some root blocks, first to last: RootHashes."""

    first: int
    last: int


class RootHashes(Query, frozen=True):
    """In their order; fewer if the root chain doesn't go so far."""

    hashes: list[bytes]


CopyQuestion = ReadRows | ReadBlocksAfter | ReadPool
CopyMessage = CopyQuestion | Rows | BlocksAfter | PoolPart | ReadRootHashes | RootHashes

_unpacker: Final = msgspec.msgpack.Decoder(list[Row])


def pack_rows(rows: Sequence[Row]) -> bytes:
    """Rows as they travel."""
    return msgspec.msgpack.encode(rows)


def unpack_rows(packed: bytes) -> list[Row]:
    """The rows that `pack_rows` packed. Raises InvalidInput."""
    try:
        return _unpacker.decode(packed)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"malformed rows: {error}") from error
