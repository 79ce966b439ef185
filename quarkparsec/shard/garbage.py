"""What a split leaves and nobody reads any more is deleted: a bounded piece with each commit.

Nothing here is agreed upon: no block and no root depends on how far a shard has come. The list of what there is
to do lies in the database (state/tables), so a restart goes on where it was.

- *Storage* of entries that are stubs now: words and trie nodes, by recipient.
- *Blocks* from before the shard was split off, with their transactions, receipts and index. The header of the
  last one stays until the shard's own first block has followed it.
- *Codes* that swept entries had. Other entries may have the same code, or have had it at an epoch that can
  still be read. So when the sweep is over, all entries are asked, and the past of those that count here, piece
  by piece; what is left then, nobody has. A code that is deployed again meanwhile is taken off the list by the
  seal that does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from quarkparsec.crypto.keccak import keccak
from quarkparsec.limits import GARBAGE_ROWS_MAX
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.state.stored import decode_account, read_head, read_place, read_sweep
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

_LAST_ASKED: Final = DIFF + ACCOUNT
"""Where a code may still be named after the entries: in their past."""


def collect(reader: Reader) -> Batch:
    """The deletion of the next piece; empty if there is nothing to delete now."""
    if next(iter(reader.scan(GARBAGE, prefix_stop(GARBAGE))), None) is None:
        return {}
    return _collect_blocks(reader) or _collect_storage(reader) or _collect_codes(reader)


def _collect_blocks(reader: Reader) -> Batch:
    if reader.get(GARBAGE_BLOCKS_KEY) is None:
        return {}
    born, head = BlockStore(reader).born, read_head(reader).epoch
    batch: Batch = {}
    for key, row in _up_to(reader, rows.ENTRY, born, GARBAGE_ROWS_MAX):
        batch[key] = None
        batch[rows.INDEX + keccak(rows.decode_entry_row(row).entry.raw)] = None
    for table in (rows.BLOOM, rows.HEADER):
        found = _up_to(reader, table, born, GARBAGE_ROWS_MAX - len(batch))
        batch |= {key: None for key, _ in found if key != rows.epoch_key(rows.HEADER, head)}
    if not batch and head > born:
        batch[GARBAGE_BLOCKS_KEY] = None
    return batch


def _up_to(reader: Reader, table: bytes, last: Epoch, most: int) -> Iterator[tuple[bytes, bytes]]:
    found = reader.scan(rows.epoch_key(table, 0), rows.epoch_key(table, last + 1))
    return islice(found, max(most, 0))


def _collect_storage(reader: Reader) -> Batch:
    listed = next(_listed(reader, GARBAGE_STORAGE), None)
    if listed is None:
        return {}
    batch: Batch = {}
    for prefix in (storage_prefix(Recipient(listed)), storage_node_prefix(Recipient(listed))):
        found = reader.scan(prefix, prefix_stop(prefix))
        batch |= {key: None for key, _ in islice(found, GARBAGE_ROWS_MAX - len(batch))}
    if len(batch) < GARBAGE_ROWS_MAX:
        batch[GARBAGE_STORAGE + listed] = None
    return batch


def _collect_codes(reader: Reader) -> Batch:
    """Look further who names the listed codes; once all were asked, delete what nobody named."""
    if read_sweep(reader):
        return {}
    position = reader.get(GARBAGE_MARKED_KEY) or ACCOUNT
    if position != GARBAGE_CODE:
        return _ask(reader, position)
    hashes = list(islice(_listed(reader, GARBAGE_CODE), GARBAGE_ROWS_MAX))
    batch: Batch = {GARBAGE_CODE + code_hash: None for code_hash in hashes}
    batch |= {code_key(Hash32(code_hash)): None for code_hash in hashes}
    if len(hashes) < GARBAGE_ROWS_MAX:
        batch[GARBAGE_MARKED_KEY] = None
    return batch


def _ask(reader: Reader, position: bytes) -> Batch:
    """Take the codes off the list that the rows from `position` on name; note where to go on."""
    table, after = (
        (_LAST_ASKED, GARBAGE_CODE) if position >= _LAST_ASKED else (ACCOUNT, _LAST_ASKED)
    )
    found = list(islice(reader.scan(position, prefix_stop(table)), GARBAGE_ROWS_MAX))
    accounts = [decode_account(encoded) for _, encoded in found if encoded]
    place, is_past = read_place(reader), table == _LAST_ASKED
    named = {each.code_hash for each in accounts if not is_past or place.owns(each.shard_key)}
    batch: Batch = {
        GARBAGE_CODE + code_hash: None
        for code_hash in named
        if reader.get(GARBAGE_CODE + code_hash) is not None
    }
    is_over = len(found) < GARBAGE_ROWS_MAX
    batch[GARBAGE_MARKED_KEY] = after if is_over else found[-1][0] + b"\x00"
    return batch


def _listed(reader: Reader, kind: bytes) -> Iterator[bytes]:
    return (key[len(kind) :] for key, _ in reader.scan(kind, prefix_stop(kind)))
