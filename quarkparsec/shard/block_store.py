"""Reading a shard's blocks: from its store, or from a snapshot in another thread.

Only committed blocks are here, and only those of this shard: what there was before it was split off is shown by
its sibling. Bytes that don't decode are Corrupt: they are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.header import Header
from quarkparsec.chain.receipt import Receipt
from quarkparsec.errors import Corrupt
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.block_rows import StoredHeader, StoredTransaction, TransactionPlace
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import Reader, prefix_stop
from quarkparsec.types import Epoch, Fingerprint, Hash32


class BlockStore:
    """The blocks of one shard."""

    def __init__(self, reader: Reader) -> None:
        self._reader: Final = reader
        self.born: Final = Epoch(int.from_bytes(reader.get(rows.BORN) or b"", "big"))
        """The epoch after which this shard's own blocks begin: 0, or that of the split it came from."""

    def head_header(self, state: ShardState) -> Header:
        """The header of the last block. Raises Corrupt unless it is the one of `state`."""
        row = self._reader.get(rows.epoch_key(rows.HEADER, state.head))
        header = None if row is None else rows.decode_header_row(row).header
        if header is None or header.state_root != state.root:
            raise Corrupt("the last block is missing, or its state root is another")
        return header

    def header(self, epoch: Epoch) -> Header | None:
        """The header of block `epoch`; None where the shard took no part, or not yet."""
        stored = self._stored_header(epoch)
        return stored.header if stored else None

    def block(self, epoch: Epoch) -> ShardBlock | None:
        """The whole block `epoch`. Raises Corrupt if transactions of it are missing."""
        stored = self._stored_header(epoch)
        if stored is None:
            return None
        entries = tuple(transaction.entry for transaction in self.transactions(epoch))
        if len(entries) != stored.transaction_count:
            raise Corrupt(f"{len(entries)} transactions are there, not {stored.transaction_count}")
        return ShardBlock(stored.header, entries, stored.legs, stored.fees, stored.sweep)

    def transactions(self, epoch: Epoch) -> Iterator[StoredTransaction]:
        """What block `epoch` executed, in order."""
        if not self._shows(epoch):
            return
        start, stop = rows.epoch_key(rows.ENTRY, epoch), rows.epoch_key(rows.ENTRY, epoch + 1)
        for _, row in self._reader.scan(start, stop):
            yield rows.decode_entry_row(row)

    def receipts(self, epoch: Epoch) -> tuple[Receipt, ...]:
        """The receipts of block `epoch`, in order."""
        return tuple(transaction.receipt for transaction in self.transactions(epoch))

    def place(self, transaction_hash: Hash32) -> TransactionPlace | None:
        """Where a transaction was executed; None while it wasn't."""
        row = self._reader.get(rows.INDEX + transaction_hash)
        place = None if row is None else rows.decode_place_row(row)
        return place if place is not None and self._shows(place.epoch) else None

    def fingerprint(self, place: TransactionPlace) -> Fingerprint:
        """That of the transaction at a place, which is there. Raises Corrupt unless its block is."""
        stored = self._stored_header(place.epoch)
        if stored is None:
            raise Corrupt(f"block {place.epoch} has transactions and no header")
        return stored.serial_order.turn(place.position).fingerprint

    def place_of(self, fingerprint: Fingerprint) -> TransactionPlace | None:
        """Where the transaction with a fingerprint was executed; None if this shard has none."""
        stored = self._stored_header(fingerprint.epoch)
        position = stored.serial_order.place(fingerprint) if stored else None
        return None if position is None else TransactionPlace(fingerprint.epoch, position)

    def transaction(self, place: TransactionPlace) -> StoredTransaction | None:
        """The transaction at a place, with its receipt."""
        row = self._reader.get(rows.entry_key(place)) if self._shows(place.epoch) else None
        return None if row is None else rows.decode_entry_row(row)

    def root_hash(self, epoch: int) -> Hash32 | None:
        """The hash of a root block that BLOCKHASH can ask for."""
        root_hash = self._reader.get(rows.epoch_key(rows.ROOT, epoch)) if epoch >= 0 else None
        return None if root_hash is None else Hash32(root_hash)

    def last_root(self) -> tuple[Epoch, Hash32] | None:
        """The last root block that is applied here, and its hash."""
        last = None
        for key, root_hash in self._reader.scan(rows.ROOT, prefix_stop(rows.ROOT)):
            last = rows.epoch_of(key, rows.ROOT), Hash32(root_hash)
        return last

    def epochs_after(self, epoch: Epoch) -> Iterator[Epoch]:
        """The epochs after this one that the shard has blocks of, ascending."""
        start = rows.epoch_key(rows.HEADER, max(epoch, self.born) + 1)
        for key, _ in self._reader.scan(start, prefix_stop(rows.HEADER)):
            yield rows.epoch_of(key, rows.HEADER)

    def sealed_record(self) -> SealedRecord | None:
        """The last block that was sealed, committed or not."""
        encoded = self._reader.get(rows.SEALED)
        return None if encoded is None else SealedRecord.decode(encoded)

    def starts(self) -> int:
        """How often the shard was started."""
        return int.from_bytes(self._reader.get(rows.STARTS) or b"", "big")

    def _stored_header(self, epoch: Epoch) -> StoredHeader | None:
        key = rows.epoch_key(rows.HEADER, epoch)
        row = self._reader.get(key) if self._shows(epoch) else None
        return None if row is None else rows.decode_header_row(row)

    def _shows(self, epoch: Epoch) -> bool:
        return epoch > self.born or self.born == 0
