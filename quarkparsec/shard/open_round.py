"""The round that a shard takes part in: what its lanes work on, and where they stand."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.fees import TRANSACTION_GAS
from quarkparsec.limits import BLOCK_CANDIDATES_MAX, EARLY_MESSAGES_MAX
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.opening import Opening
from quarkparsec.state.shard_state import ShardState
from quarkparsec.wire.epoch import Open, Round, Tickets
from quarkparsec.wire.lanes import LaneMessages


class OpenRound(NamedTuple):
    """From `Open` to the sealed block."""

    round: Round
    opening: Opening
    draft: BlockDraft
    neighbourhood: Neighbourhood
    tickets: Tickets
    early: list[LaneMessages]
    """What other shards said of a lane that isn't open here yet."""

    def keep_for_later(self, message: LaneMessages) -> None:
        """Another shard is ahead of this one; it will say it again if there is no room for it."""
        if len(self.early) < EARLY_MESSAGES_MAX:
            self.early.append(message)

    @property
    def candidates_max(self) -> int:
        """How many transactions the block may try: what its gas could pay for, within reason."""
        return min(BLOCK_CANDIDATES_MAX, self.opening.context.gas_limit // TRANSACTION_GAS)


def begin_round(event: Open, opening: Opening, state: ShardState) -> OpenRound:
    """What the master's `Open` begins, on the state as it is."""
    return OpenRound(
        event.round,
        opening,
        BlockDraft(state.journal(), opening.context),
        Neighbourhood(state.shard_id, event.shard_count, frozenset(event.present)),
        event.tickets,
        [],
    )
