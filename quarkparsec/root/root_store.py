"""The root chain on disk.

    BLOCK   epoch  → the encoded root block
    NUMBER  hash   → epoch
    HEAD           → the last epoch
    TERM           → how often a master was started here
    TICKETS        → the tickets below this number may have been given
    TOPOLOGY       → who is where

A root block and HEAD are written in one synced batch: that write is the commit point of its epoch. A block
that splits the shards has the topology in its batch, too.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.root.topology import Topology
from quarkparsec.store import Batch, Reader
from quarkparsec.types import Epoch, Hash32

_BLOCK: Final = b"rb"
_NUMBER: Final = b"rn"
_HEAD: Final = b"rh"
_TERM: Final = b"rt"
_TICKETS: Final = b"rk"
_TOPOLOGY: Final = b"rp"

_NUMBER_BYTES: Final = 8


class RootStore:
    """The root chain, read from a store or a snapshot."""

    def __init__(self, reader: Reader) -> None:
        self._reader: Final = reader

    def is_begun(self) -> bool:
        """Whether there is a root block at all."""
        return self._reader.get(_HEAD) is not None

    def head(self) -> RootBlock:
        """The last root block. Raises Corrupt if there is none, not even genesis."""
        head = self._reader.get(_HEAD)
        block = self.block(Epoch(int.from_bytes(head, "big"))) if head is not None else None
        if block is None:
            raise Corrupt("the root chain has no head")
        return block

    def block(self, epoch: Epoch) -> RootBlock | None:
        """Root block `epoch`."""
        encoded = self._reader.get(_BLOCK + _encode(epoch))
        if encoded is None:
            return None
        try:
            return RootBlock.decode(encoded)
        except InvalidInput as error:
            raise Corrupt(f"root block {epoch}: {error}") from error

    def epoch_of(self, root_hash: Hash32) -> Epoch | None:
        """The number of the root block with that hash."""
        epoch = self._reader.get(_NUMBER + root_hash)
        return None if epoch is None else Epoch(int.from_bytes(epoch, "big"))

    def block_by_hash(self, root_hash: Hash32) -> RootBlock | None:
        """The root block with that hash."""
        epoch = self.epoch_of(root_hash)
        return None if epoch is None else self.block(epoch)

    def term(self) -> int:
        """The term of the last master that was started here."""
        return int.from_bytes(self._reader.get(_TERM) or b"", "big")

    def last_hashes(self, count: int) -> list[Hash32]:
        """Of the last root blocks, at most `count`, ascending. Raises Corrupt if one is missing."""
        head = self.head().number
        hashes = []
        for epoch in range(max(0, head - count + 1), head + 1):
            block = self.block(Epoch(epoch))
            if block is None:
                raise Corrupt(f"root block {epoch} is missing")
            hashes.append(block.hash)
        return hashes

    def tickets_bound(self) -> int:
        """Where a ticket machine goes on: all smaller numbers may have been given."""
        return int.from_bytes(self._reader.get(_TICKETS) or b"", "big")

    def topology(self) -> Topology:
        """Who is where. Raises Corrupt if that was never written."""
        encoded = self._reader.get(_TOPOLOGY)
        if encoded is None:
            raise Corrupt("nobody knows where the shards are")
        return Topology.decode(encoded)


def block_batch(block: RootBlock) -> Batch:
    """What makes `block` the head."""
    number = _encode(block.number)
    return {_BLOCK + number: block.encode(), _NUMBER + block.hash: number, _HEAD: number}


def term_batch(term: int) -> Batch:
    """What begins a term."""
    return {_TERM: _encode(term)}


def tickets_batch(bound: int) -> Batch:
    """What reserves all tickets below `bound`."""
    return {_TICKETS: _encode(bound)}


def topology_batch(topology: Topology) -> Batch:
    """Who is where from now on."""
    return {_TOPOLOGY: topology.encode()}


def _encode(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big")
