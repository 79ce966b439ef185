"""The past of the flat tables: what each key held before each epoch that changed it.

A *reverse diff* `d ‖ key ‖ e` holds the value that `key` had until epoch e changed it, b"" for none. The
value as of epoch b is in the first diff after b, or, if nothing has changed since, in the table itself:
one seek either way. Diffs older than the kept epochs are deleted as new ones are written, by the list of
keys that each epoch changed; in an archive they stay.
"""

from __future__ import annotations

from collections.abc import Mapping

from quarkparsec.codec import rlp
from quarkparsec.errors import Corrupt
from quarkparsec.state.tables import (
    CHANGED,
    DIFF,
    EPOCH_BYTES,
    OLDEST_KEY,
    changed_key,
    decode_epoch,
    diff_key,
    encode_epoch,
)
from quarkparsec.store import Batch, Reader
from quarkparsec.types import Epoch


def value_as_of(reader: Reader, key: bytes, epoch: Epoch) -> bytes | None:
    """What a flat key held after `epoch`, which must still be readable."""
    prefix = DIFF + key
    start = prefix + encode_epoch(epoch + 1)
    stop = prefix + b"\xff" * (EPOCH_BYTES + 1)
    for _, before in reader.scan(start, stop):
        return before or None
    return reader.get(key)


def record(before: Mapping[bytes, bytes | None], epoch: Epoch) -> Batch:
    """The diffs of an epoch: `before` holds the old value of every flat key that it changes."""
    batch: Batch = {diff_key(key, epoch): value or b"" for key, value in before.items()}
    batch[changed_key(epoch)] = rlp.encode(list(before))
    return batch


def prune(reader: Reader, oldest: Epoch) -> Batch:
    """Forget what is only needed to read epochs before `oldest`."""
    batch: Batch = {OLDEST_KEY: encode_epoch(oldest)}
    for key, encoded in reader.scan(CHANGED, changed_key(Epoch(oldest + 1))):
        epoch = decode_epoch(key[len(CHANGED) :])
        batch[key] = None
        for flat_key in rlp.decode_list(encoded):
            if not isinstance(flat_key, bytes):
                raise Corrupt(f"the list of what epoch {epoch} changed is malformed")
            batch[diff_key(flat_key, epoch)] = None
    return batch
