"""Where contracts live: recipient → shard key, fed by the creations in committed root blocks.

A recipient that isn't in the directory lives under its home key. The first registration wins; there is no
second one, as an address is created once in the cluster, but for a contract that destroyed itself while it
was created. Accounts at home that delegate to code (EIP-7702) are registered, too: paying them is a call.
What the directory holds follows from the root chain alone, and is made again from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.store import Batch, Reader
from quarkparsec.types import SHARD_KEY_BYTES, Address, Epoch, Recipient, ShardKey, home_key
from quarkparsec.wire.root_queries import Location

_KEY: Final = b"dk"
_HEAD: Final = b"dh"
"""The last root block that was taken in."""

_EPOCH_BYTES: Final = 8


class Directory:
    """The directory of one chain, over the store of the root chain."""

    def __init__(self, reader: Reader, genesis: Genesis) -> None:
        self._reader: Final = reader
        self._genesis: Final = genesis

    def head(self) -> Epoch:
        """The last root block that was taken in; the next one to take is the one after it."""
        return Epoch(int.from_bytes(self._reader.get(_HEAD) or b"", "big"))

    def locate(self, recipient: Recipient) -> Location:
        """Where a recipient lives, and whether it is a contract."""
        found = self._reader.get(_KEY + recipient)
        if found is not None:
            return Location(ShardKey(int.from_bytes(found, "big")), True)
        allocated = self._genesis.alloc.get(recipient)
        if allocated is None or not allocated.code:
            return Location(home_key(recipient), False)
        return Location(allocated.shard_key, True)

    def take(self, block: RootBlock) -> Batch:
        """What to write for a root block."""
        created = (address for summary in block.summaries for address in summary.created)
        return {**self._register(created), _HEAD: block.number.to_bytes(_EPOCH_BYTES, "big")}

    def _register(self, created: Iterable[Address]) -> Batch:
        batch: Batch = {}
        for recipient, shard_key in created:
            key = _KEY + recipient
            if key not in batch and not self._is_known(recipient):
                batch[key] = shard_key.to_bytes(SHARD_KEY_BYTES, "big")
        return batch

    def _is_known(self, recipient: Recipient) -> bool:
        """Whether a contract is registered there, or came with genesis."""
        allocated = self._genesis.alloc.get(recipient)
        if allocated is not None and allocated.code:
            return True
        return self._reader.get(_KEY + recipient) is not None
