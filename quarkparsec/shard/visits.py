"""A shard's attempts to join: which of them is the last, and what the answer means.

A Welcome answers one visit, and names the shard's last committed block. From that follows what has become
of a sealed block whose fate the shard didn't know: it is the committed one, or it never will be.
"""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.effects import Effects
from quarkparsec.errors import Corrupt
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard.block_builder import BuiltBlock
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.shard.shard_chain import ShardChain
from quarkparsec.shard.states import Joining
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire import epoch as wire


class Visits:
    """The visits of one incarnation."""

    def __init__(
        self, shard_id: ShardId, genesis_hash: Hash32, chain: ShardChain, effects: Effects[Any]
    ) -> None:
        self._shard_id: Final = shard_id
        self._genesis_hash: Final = genesis_hash
        self._chain: Final = chain
        self._effects: Final = effects
        self.last = wire.Visit(chain.blocks.starts() + 1, 0)

    def begin(self, now_ms: int, record: SealedRecord | None, built: BuiltBlock | None) -> Joining:
        """Ask to join, as never before, with a sealed block if its fate isn't known."""
        self.last = wire.Visit(self.last.incarnation, self.last.number + 1)
        return self.ask(now_ms, Joining(self.last, record, built))

    def ask(self, now_ms: int, joining: Joining) -> Joining:
        """Ask, perhaps again."""
        sealed = joining.record.to_message(self._shard_id) if joining.record else None
        head, block_hash = self._chain.state.head, self._chain.block_hash
        self._effects.send(
            wire.Join(self._shard_id, joining.visit, self._genesis_hash, head, block_hash, sealed)
        )
        self._effects.wake_at(now_ms + RESEND_MS)
        return joining

    def committed(self, joining: Joining, welcome: wire.Welcome) -> SealedRecord | None:
        """The sealed block, if it was committed. Raises Corrupt if another one was."""
        if welcome.block_hash == self._chain.block_hash:
            return None
        record = joining.record
        if record is None or welcome.block_hash != record.block.hash:
            raise Corrupt("the root chain holds a block that this shard has lost")
        return record
