"""The layout of a shard's blocks on disk, and what is written when one commits.

    HEADER  epoch           → rlp([header, legs, fees, transactions, sweep])
    ENTRY   epoch, position → rlp([logs before it in the block, entry, receipt])
    INDEX   transaction     → epoch, position
    BLOOM   epoch           → the header's bloom, for blocks that have logs
    ROOT    epoch           → hash of the root block, for as long as BLOCKHASH can ask for it
    SEALED                  → the sealed record
    STARTS                  → how often this shard was started
    BORN                    → the epoch after which this shard's own blocks begin

One row for each transaction, so that a receipt is found without decoding the rest of its block. Epochs and
positions are big-endian, so that a scan goes in their order. A log search reads
BLOOM rows until one matches.

A shard that was split off starts with the rows of its sibling. Those up to BORN are the sibling's to show, but
for the header of the last block, which its own first one follows; they are garbage (shard/garbage).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from quarkparsec.chain.block import SWEPT, Entry, decode_sweep
from quarkparsec.chain.header import Header
from quarkparsec.chain.legs import NO_LEGS, Legs
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.serial_order import SerialOrder, serial_order
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.limits import BLOCK_HASH_WINDOW
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.store import Batch, Reader
from quarkparsec.types import Epoch, Hash32, Wei

HEADER: Final = b"h"
ENTRY: Final = b"b"
INDEX: Final = b"x"
BLOOM: Final = b"l"
ROOT: Final = b"r"
SEALED: Final = b"p:sealed"
STARTS: Final = b"p:starts"
BORN: Final = b"p:born"

EPOCH_BYTES: Final = 8
POSITION_BYTES: Final = 4


class TransactionPlace(NamedTuple):
    """Where a transaction was executed."""

    epoch: Epoch
    position: int
    """In its shard's block, from 0."""


class StoredTransaction(NamedTuple):
    """A transaction of a committed block."""

    entry: Entry
    receipt: Receipt
    logs_before: int
    """Logs of the block's earlier transactions: where its own are counted from."""


class StoredHeader(NamedTuple):
    """A committed block without its transactions."""

    header: Header
    legs: Legs
    fees: Wei
    transaction_count: int
    sweep: bytes = SWEPT

    @property
    def serial_order(self) -> SerialOrder:
        """The order of its transactions."""
        return serial_order(self.header.number, self.transaction_count, self.legs)


# --- keys


def epoch_key(table: bytes, epoch: int) -> bytes:
    """The key of an epoch's row, or where its rows start."""
    return table + epoch.to_bytes(EPOCH_BYTES, "big")


def entry_key(place: TransactionPlace) -> bytes:
    """The key of a transaction's row."""
    return epoch_key(ENTRY, place.epoch) + place.position.to_bytes(POSITION_BYTES, "big")


def epoch_of(key: bytes, table: bytes) -> Epoch:
    """The epoch in a key of `table`."""
    return Epoch(int.from_bytes(key[len(table) : len(table) + EPOCH_BYTES], "big"))


# --- rows


def header_row(stored: StoredHeader) -> bytes:
    return rlp.wrap_list(
        stored.header.encode()
        + stored.legs.encode()
        + rlp.encode_scalar(stored.fees)
        + rlp.encode_scalar(stored.transaction_count)
        + rlp.encode_bytes(stored.sweep)
    )


def decode_header_row(row: bytes) -> StoredHeader:
    """Raises Corrupt."""
    try:
        header, legs, fees, count, sweep = rlp.decode_list(row)
        return StoredHeader(
            Header.from_item(header),
            Legs.from_item(legs),
            Wei(rlp.scalar(fees)),
            rlp.scalar(count, bits=32),
            decode_sweep(sweep),
        )
    except (InvalidInput, ValueError) as error:
        raise Corrupt(f"header row: {error}") from error


def entry_row(stored: StoredTransaction) -> bytes:
    return rlp.wrap_list(
        rlp.encode_scalar(stored.logs_before)
        + stored.entry.encode()
        + rlp.encode_bytes(stored.receipt.encode_stored())
    )


def decode_entry_row(row: bytes) -> StoredTransaction:
    """Raises Corrupt."""
    try:
        logs_before, entry, receipt = rlp.decode_list(row)
        if not isinstance(receipt, bytes):
            raise InvalidInput("a receipt is a byte string")
        return StoredTransaction(
            Entry.from_item(entry),
            Receipt.decode_stored(receipt),
            rlp.scalar(logs_before, bits=32),
        )
    except (InvalidInput, ValueError) as error:
        raise Corrupt(f"transaction row: {error}") from error


def place_row(place: TransactionPlace) -> bytes:
    return epoch_key(b"", place.epoch) + place.position.to_bytes(POSITION_BYTES, "big")


def decode_place_row(row: bytes) -> TransactionPlace:
    return TransactionPlace(epoch_of(row, b""), int.from_bytes(row[EPOCH_BYTES:], "big"))


# --- what is written


def genesis_batch(header: Header) -> Batch:
    """Block 0, which has no transactions."""
    return {epoch_key(HEADER, 0): header_row(StoredHeader(header, NO_LEGS, Wei(0), 0))}


def block_batch(built: BuiltBlock) -> Batch:
    """Everything that a committed block leaves, its state aside."""
    block = built.block
    header, entries = block.header, block.entries
    epoch = Epoch(header.number)
    stored = StoredHeader(header, block.legs, block.fees, len(entries), block.sweep)
    batch: Batch = {epoch_key(HEADER, epoch): header_row(stored)}
    logs = 0
    for position, (entry, receipt) in enumerate(zip(entries, built.receipts, strict=True)):
        place = TransactionPlace(epoch, position)
        batch[entry_key(place)] = entry_row(StoredTransaction(entry, receipt, logs))
        batch[INDEX + keccak(entry.raw)] = place_row(place)
        logs += len(receipt.logs)
    if logs:
        batch[epoch_key(BLOOM, epoch)] = header.logs_bloom
    return batch


def root_batch(reader: Reader, head: Epoch, hashes: Sequence[Hash32]) -> Batch:
    """The hashes of the root blocks up to `head`, and the removal of those no BLOCKHASH can reach."""
    first = head - len(hashes) + 1
    oldest = max(0, head - BLOCK_HASH_WINDOW)
    batch: Batch = {
        key: None for key, _ in reader.scan(epoch_key(ROOT, 0), epoch_key(ROOT, oldest))
    }
    for index, root_hash in enumerate(hashes):
        batch[epoch_key(ROOT, first + index)] = root_hash
    return batch


def sealed_batch(record: SealedRecord) -> Batch:
    """The sealed record, in place of the one before."""
    return {SEALED: record.encode()}


def starts_batch(starts: int) -> Batch:
    """How often the shard was started, this time included."""
    return {STARTS: starts.to_bytes(EPOCH_BYTES, "big")}
