"""The past of the flat tables: what each key held before each epoch that changed it.

A *reverse diff* `d ‖ key ‖ e` holds the value that `key` had until epoch e changed it, b"" for none. The
value as of epoch b is in the first diff after b, or, if nothing has changed since, in the table itself:
one seek either way.

The state as of `oldest` and of every later epoch can be read; `oldest` never goes back. Diffs up to it
are deleted as new ones are written, by the list of keys that each epoch changed; in an archive they stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import merge
from itertools import islice

from quarkparsec.codec import rlp
from quarkparsec.limits import PRUNED_EPOCHS_MAX
from quarkparsec.state.stored import decode_flat_keys, read_oldest
from quarkparsec.state.tables import (
    CHANGED,
    OLDEST_KEY,
    changed_key,
    decode_epoch,
    diff_keys,
    diff_range,
    encode_epoch,
)
from quarkparsec.store import Batch, Reader, prefix_stop
from quarkparsec.types import Epoch


def value_as_of(reader: Reader, key: bytes, epoch: Epoch) -> bytes | None:
    """What a flat key held after `epoch`, which must not be older than the oldest one kept."""
    for _, before in reader.scan(*diff_range(key, Epoch(epoch + 1))):
        return before or None
    return reader.get(key)


def table_as_of(reader: Reader, table: bytes, epoch: Epoch) -> Iterator[tuple[bytes, bytes]]:
    """All rows of a flat table as they were after `epoch`, in the order of keys.

    `epoch` must not be older than the oldest one kept.
    """
    then = {key: value_as_of(reader, key, epoch) for key in _changed_after(reader, table, epoch)}
    gone = sorted((key, value) for key, value in then.items() if value is not None)
    same = (row for row in reader.scan(table, prefix_stop(table)) if row[0] not in then)
    return merge(same, gone)


def _changed_after(reader: Reader, table: bytes, epoch: Epoch) -> set[bytes]:
    lists = reader.scan(changed_key(Epoch(epoch + 1)), prefix_stop(CHANGED))
    return {
        key for _, encoded in lists for key in decode_flat_keys(encoded) if key.startswith(table)
    }


def record(before: Mapping[bytes, bytes | None], epoch: Epoch) -> Batch:
    """The diffs of an epoch: `before` holds the old value of every flat key that it changes."""
    values = (value or b"" for value in before.values())
    batch: Batch = dict(zip(diff_keys(before, epoch), values, strict=True))
    batch[changed_key(epoch)] = rlp.encode(list(before))
    return batch


def prune(reader: Reader, oldest: Epoch) -> Batch:
    """Forget what is only needed to read epochs before `oldest`, a bounded part of it at a time."""
    kept = read_oldest(reader)
    if oldest <= kept:
        return {}
    # From the last oldest epoch, not from 0: LevelDB steps slowly over what was just deleted.
    past = reader.scan(changed_key(Epoch(kept + 1)), changed_key(Epoch(oldest + 1)))
    lists = list(islice(past, PRUNED_EPOCHS_MAX))
    if len(lists) == PRUNED_EPOCHS_MAX:
        oldest = decode_epoch(lists[-1][0].removeprefix(CHANGED))
    batch: Batch = {OLDEST_KEY: encode_epoch(oldest)}
    for key, encoded in lists:
        epoch = decode_epoch(key.removeprefix(CHANGED))
        batch[key] = None
        batch.update(dict.fromkeys(diff_keys(decode_flat_keys(encoded), epoch)))
    return batch
