"""The round that a shard takes part in: what its lanes work on, and where they stand."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.fees import TRANSACTION_GAS
from quarkparsec.effects import OutOfTime
from quarkparsec.limits import BLOCK_CANDIDATES_MAX, EARLY_MESSAGES_MAX
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.candidate_order import CandidateOrder
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.pool import Pool
from quarkparsec.state.shard_state import ShardState
from quarkparsec.wire.epoch import Open, Round, Tickets
from quarkparsec.wire.lanes import LaneMessages


class OpenRound(NamedTuple):
    """From `Open` to the sealed block."""

    round: Round
    opening: Opening
    draft: BlockDraft
    neighbourhood: Neighbourhood
    order: CandidateOrder
    """Of lane 1."""
    tickets: Tickets
    early: list[LaneMessages]
    """What other shards said of a lane that isn't open here yet."""

    def run_in_shard(self, out_of_time: OutOfTime) -> None:
        """The job of lane 1."""
        order = self.order
        run_in_shard(self.draft, order.candidates, self.neighbourhood, out_of_time, order.seed)

    def keep_for_later(self, message: LaneMessages) -> None:
        """Another shard is ahead of this one; it will say it again if there is no room for it."""
        if len(self.early) < EARLY_MESSAGES_MAX:
            self.early.append(message)


def begin_round(event: Open, opening: Opening, state: ShardState, pool: Pool) -> OpenRound:
    """What the master's `Open` begins, on the state and the pool as they are."""
    context = opening.context
    # What the block's gas could pay for, within reason.
    count_max = min(BLOCK_CANDIDATES_MAX, context.gas_limit // TRANSACTION_GAS)
    candidates = pool.candidates(context.base_fee, count_max)
    return OpenRound(
        event.round,
        opening,
        BlockDraft(state.journal(), context),
        Neighbourhood(state.shard_id, event.shard_count, frozenset(event.present)),
        CandidateOrder(candidates, opening.order_seed),
        event.tickets,
        [],
    )
