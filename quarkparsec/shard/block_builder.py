"""Seal an epoch: from what the lanes did to a block, its roots, and the writes that make it so.

Building is a function of (state, journal, lanes, opening): the proposer of a block and everybody who
replays it call the same one, and must get the same header.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.block import ShardBlock, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM, union
from quarkparsec.chain.header import Header
from quarkparsec.chain.receipt import Receipt
from quarkparsec.shard.lane_fees import credit_fees
from quarkparsec.shard.lane_in_shard import InShardResult, Invalid
from quarkparsec.shard.opening import Opening
from quarkparsec.state.journal import Journal
from quarkparsec.state.shard_state import SealedState, ShardState
from quarkparsec.trie.ordered import ordered_root
from quarkparsec.types import Epoch, Hash32, Wei


class BuiltBlock(NamedTuple):
    """A block, its receipts, what the root block says of it, and the writes of its state."""

    block: ShardBlock
    receipts: tuple[Receipt, ...]
    summary: ShardSummary
    state: SealedState
    invalid: tuple[Invalid, ...]
    """Candidates that lane 1 refused."""

    @property
    def hash(self) -> Hash32:
        return self.block.hash


def build_block(
    state: ShardState, journal: Journal, lane: InShardResult, fees: Wei, opening: Opening
) -> BuiltBlock:
    """Run lane 4 on `journal` and compute the block. `state` stays as it is."""
    context = opening.context
    credit_fees(journal, context.coinbase, fees)
    sealed = state.seal(journal, Epoch(context.number))
    block = ShardBlock(_header(opening, lane, sealed.root), lane.entries, fees)
    summary = ShardSummary(
        shard_id=state.shard_id,
        header=block.header.encode(),
        transaction_count=len(lane.entries),
        log_count=sum(len(receipt.logs) for receipt in lane.receipts),
        tips=lane.tips,
        burned=Wei(lane.gas_used * context.base_fee + journal.burned),
        created=sealed.created,
    )
    return BuiltBlock(block, lane.receipts, summary, sealed, lane.invalid)


def _header(opening: Opening, lane: InShardResult, state_root: Hash32) -> Header:
    context = opening.context
    blooms = [receipt.bloom for receipt in lane.receipts if receipt.logs]
    return Header(
        parent_hash=opening.parent_hash,
        coinbase=context.coinbase,
        state_root=state_root,
        transactions_root=ordered_root([entry.raw for entry in lane.entries]),
        receipts_root=ordered_root([receipt.encode() for receipt in lane.receipts]),
        logs_bloom=union(blooms) if blooms else EMPTY_BLOOM,
        number=Epoch(context.number),
        gas_limit=context.gas_limit,
        gas_used=lane.gas_used,
        timestamp=context.timestamp,
        extra_data=b"",
        prevrandao=context.prevrandao,
        base_fee=context.base_fee,
        parent_beacon_block_root=opening.parent_root_hash,
    )
