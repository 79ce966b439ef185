"""Lane 0: what a split left of the other half is swept, a piece a block, before any transaction runs.

Transactions don't notice: they see foreign entries reduced already. The piece depends on the state at the
head and on the cursor, never on what a transaction touched, so a replay sweeps the same one. A shard that has
been swept has no lane 0.
"""

from __future__ import annotations

from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.state.shard_state import ShardState


def sweep(draft: BlockDraft, state: ShardState) -> None:
    """Take the next piece into the block; sealing writes it."""
    if state.sweep:
        draft.swept = state.next_piece()
