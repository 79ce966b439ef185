"""What a shard writes when a root block commits an epoch, in one batch."""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.block_rows import block_batch, root_batch
from quarkparsec.shard.garbage import collect
from quarkparsec.store import Batch, Reader
from quarkparsec.types import Epoch, Hash32


def commit_batch(
    reader: Reader, head: Epoch, hashes: Sequence[Hash32], built: BuiltBlock | None
) -> Batch:
    """Everything that the root block `head` changes here; `built` is this shard's part of it.

    A piece of what a split has left is deleted along with it, unless the epoch has just written it anew.
    """
    batch = collect(reader) | root_batch(reader, head, hashes)
    if built is not None:
        batch |= built.state.batch
        batch |= block_batch(built)
    return batch
