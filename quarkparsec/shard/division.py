"""What a split writes into the databases of its two halves; everything else in them stays.

The half that keeps the shard's id learns that there are twice as many shards. The other one starts with a copy
of all rows: it learns who it is, and that its own blocks begin after the epoch of the split. From there both
are swept.
"""

from __future__ import annotations

from quarkparsec.chain.block import SWEEP_BEGINS
from quarkparsec.shard import block_rows as rows
from quarkparsec.state.place import Place
from quarkparsec.state.tables import (
    GARBAGE_BLOCKS_KEY,
    GARBAGE_MARKED_KEY,
    PLACE_KEY,
    SWEEP_KEY,
)
from quarkparsec.store import Batch
from quarkparsec.types import Epoch


def parent_batch(place: Place) -> Batch:
    """For the half that keeps the id of `place`, a shard that is being split."""
    return _place_batch(place.halves()[0])


def child_batch(place: Place, born: Epoch) -> Batch:
    """For a copy of the database of `place`: the other half, split off by the root block `born`."""
    return {
        **_place_batch(place.halves()[1]),
        rows.BORN: born.to_bytes(rows.EPOCH_BYTES, "big"),
        rows.STARTS: None,
        rows.SEALED: None,
        GARBAGE_BLOCKS_KEY: b"",
    }


def _place_batch(place: Place) -> Batch:
    return {
        PLACE_KEY: place.encode(),
        SWEEP_KEY: SWEEP_BEGINS,
        GARBAGE_MARKED_KEY: None,
    }
