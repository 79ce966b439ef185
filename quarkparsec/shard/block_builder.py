"""Seal an epoch: from what the lanes did to a block, its roots, and the writes that make it so.

Building is a function of (state, draft, fees, opening): the proposer of a block and everybody who
replays it call the same one, and must get the same header.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.block import ShardBlock, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM, union
from quarkparsec.chain.header import Header
from quarkparsec.chain.receipt import Receipt
from quarkparsec.shard.block_draft import BlockDraft, Invalid, Rerouted
from quarkparsec.shard.lane_credits import apply_credits
from quarkparsec.shard.lane_fees import credit_fees
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.positions import Positions
from quarkparsec.state.shard_state import SealedState, ShardState
from quarkparsec.trie.ordered import ordered_root
from quarkparsec.types import Epoch, Gas, Hash32, Wei


class BuiltBlock(NamedTuple):
    """A block, its receipts, what the root block says of it, and the writes of its state."""

    block: ShardBlock
    receipts: tuple[Receipt, ...]
    summary: ShardSummary
    state: SealedState
    invalid: tuple[Invalid, ...]
    """Candidates that the lanes refused."""
    rerouted: tuple[Rerouted, ...]
    """Transfers that turned out to be calls."""
    positions: Positions

    @property
    def hash(self) -> Hash32:
        return self.block.hash


def build_block(state: ShardState, draft: BlockDraft, fees: Wei, opening: Opening) -> BuiltBlock:
    """Run lane 4 on the draft's journal and compute the block. `state` stays as it is."""
    context = opening.context
    apply_credits(draft)
    credit_fees(draft.journal, context.coinbase, fees)
    sealed = state.seal(draft.journal, Epoch(context.number), draft.swept)
    legs = draft.legs
    header = _header(opening, draft, legs.commitment(sealed.sweep), sealed.root)
    block = ShardBlock(header, tuple(draft.entries), legs, fees, sealed.sweep)
    summary = ShardSummary(
        shard_id=state.shard_id,
        header=block.header.encode(),
        transaction_count=len(draft.entries),
        log_count=sum(len(receipt.logs) for receipt in draft.receipts),
        tips=Wei(draft.tips),
        burned=Wei(draft.gas_used * context.base_fee + draft.journal.burned),
        created=sealed.created,
        sweep=sealed.sweep,
    )
    return BuiltBlock(
        block,
        tuple(draft.receipts),
        summary,
        sealed,
        tuple(draft.invalid),
        tuple(draft.rerouted),
        draft.positions,
    )


def _header(opening: Opening, draft: BlockDraft, commitment: bytes, state_root: Hash32) -> Header:
    context = opening.context
    blooms = [receipt.bloom for receipt in draft.receipts if receipt.logs]
    return Header(
        parent_hash=opening.parent_hash,
        coinbase=context.coinbase,
        state_root=state_root,
        transactions_root=ordered_root([entry.raw for entry in draft.entries]),
        receipts_root=ordered_root([receipt.encode() for receipt in draft.receipts]),
        logs_bloom=union(blooms) if blooms else EMPTY_BLOOM,
        number=Epoch(context.number),
        gas_limit=context.gas_limit,
        gas_used=Gas(draft.gas_used),
        timestamp=context.timestamp,
        extra_data=commitment,
        prevrandao=context.prevrandao,
        base_fee=context.base_fee,
        parent_beacon_block_root=opening.parent_root_hash,
    )
