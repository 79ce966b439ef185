"""What a split leaves and nobody reads any more is deleted: a bounded piece with each commit.

Nothing here is agreed upon: no block and no root depends on how far a shard has come. The list of what there is
to do lies in the database (state/tables), so a restart goes on where it was. The sweep comes first: it has
enough to do with each block, and lists more.

- *Storage* of entries that are stubs now: words and trie nodes, by recipient.
- *Blocks* from before the shard was split off, with their transactions, receipts and index: its own first block,
  which swept, has followed them.
- *Codes* that swept entries had. Other entries may have the same code, or have had it at an epoch that can
  still be read. So all entries are asked, and the past of those that count here, piece
  by piece; what is left then, nobody has. A code that is deployed again meanwhile is taken off the list by
  the seal that does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from quarkparsec.crypto.keccak import keccak
from quarkparsec.limits import GARBAGE_ROWS_MAX
from quarkparsec.shard.block_rows import (
    BLOOM,
    ENTRY,
    HEADER,
    INDEX,
    decode_entry_row,
    epoch_key,
)
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.state.stored import decode_account, read_place, read_sweep
from quarkparsec.state.tables import (
    ACCOUNT,
    DIFF,
    GARBAGE,
    GARBAGE_BLOCKS_KEY,
    GARBAGE_CODE,
    GARBAGE_MARKED_KEY,
    GARBAGE_STORAGE,
    code_key,
    storage_node_prefix,
    storage_prefix,
)
from quarkparsec.store import Batch, Reader, prefix_stop
from quarkparsec.types import Epoch, Hash32, Recipient

_TABLES: Final = (ENTRY, BLOOM, HEADER)
"""Of blocks, in the order in which they are deleted."""

_LAST_ASKED: Final = DIFF + ACCOUNT
"""Where a code may still be named after the entries: in their past."""


def collect(reader: Reader) -> Batch:
    """The deletion of the next piece; empty if there is nothing to delete now."""
    if read_sweep(reader):
        return {}
    if next(iter(reader.scan(GARBAGE, prefix_stop(GARBAGE))), None) is None:
        return {}
    most = read_place(reader).share_of(GARBAGE_ROWS_MAX)
    return (
        _collect_blocks(reader, most)
        or _collect_storage(reader, most)
        or _collect_codes(reader, most)
    )


def _collect_blocks(reader: Reader, most: int) -> Batch:
    position = reader.get(GARBAGE_BLOCKS_KEY)
    if position is None:
        return {}
    found = list(islice(_rows_up_to(reader, BlockStore(reader).born, position), most))
    batch: Batch = {key: None for key, _ in found}
    batch |= {
        INDEX + keccak(decode_entry_row(row).entry.raw): None
        for key, row in found
        if key.startswith(ENTRY)
    }
    batch[GARBAGE_BLOCKS_KEY] = found[-1][0] if found else None
    return batch


def _rows_up_to(reader: Reader, born: Epoch, position: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What there is of blocks up to `born`, from `position` on: looking for it passes by nothing deleted."""
    tables = _TABLES[_TABLES.index(position[:1] or ENTRY) :]
    for table in tables:
        start = max(position, epoch_key(table, 0)) if position[:1] == table else table
        yield from reader.scan(start, epoch_key(table, born + 1))


def _collect_storage(reader: Reader, most: int) -> Batch:
    listed = next(reader.scan(GARBAGE_STORAGE, prefix_stop(GARBAGE_STORAGE)), None)
    if listed is None:
        return {}
    entry, position = listed
    recipient = Recipient(entry[len(GARBAGE_STORAGE) :])
    batch: Batch = {}
    for prefix in (storage_prefix(recipient), storage_node_prefix(recipient)):
        rows = reader.scan(max(prefix, position), prefix_stop(prefix))
        batch |= {key: None for key, _ in islice(rows, most - len(batch))}
    batch[entry] = max(batch) if len(batch) == most else None
    return batch


def _collect_codes(reader: Reader, most: int) -> Batch:
    """Look further who names the listed codes; once all were asked, delete what nobody named."""
    position = reader.get(GARBAGE_MARKED_KEY) or ACCOUNT
    if position != GARBAGE_CODE:
        return _ask(reader, position, most)
    hashes = list(islice(_listed(reader, GARBAGE_CODE), most))
    batch: Batch = {GARBAGE_CODE + code_hash: None for code_hash in hashes}
    batch |= {code_key(Hash32(code_hash)): None for code_hash in hashes}
    if len(hashes) < most:
        batch[GARBAGE_MARKED_KEY] = None
    return batch


def _ask(reader: Reader, position: bytes, most: int) -> Batch:
    """Take the codes off the list that the rows from `position` on name; note where to go on."""
    table, after = (
        (_LAST_ASKED, GARBAGE_CODE) if position >= _LAST_ASKED else (ACCOUNT, _LAST_ASKED)
    )
    found = list(islice(reader.scan(position, prefix_stop(table)), most))
    accounts = [decode_account(encoded) for _, encoded in found if encoded]
    place, is_past = read_place(reader), table == _LAST_ASKED
    named = {each.code_hash for each in accounts if not is_past or place.owns(each.shard_key)}
    batch: Batch = {
        GARBAGE_CODE + code_hash: None
        for code_hash in named
        if reader.get(GARBAGE_CODE + code_hash) is not None
    }
    is_over = len(found) < most
    batch[GARBAGE_MARKED_KEY] = after if is_over else found[-1][0] + b"\x00"
    return batch


def _listed(reader: Reader, kind: bytes) -> Iterator[bytes]:
    return (key[len(kind) :] for key, _ in reader.scan(kind, prefix_stop(kind)))
