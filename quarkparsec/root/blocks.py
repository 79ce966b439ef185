"""Root blocks: what shards report is checked, and joined into the block that commits an epoch.

The money of an epoch, which `scripts/audit.py` and the tests check against the shards' states:

    supply        = parent's supply − what the participants burned
    fees pending  = parent's fees pending + the participants' tips − what the coinbase was credited
    Σ balances of own entries over all shards + fees pending = supply
"""

from __future__ import annotations

from collections.abc import Mapping

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.bloom import union
from quarkparsec.chain.commitments import root_state_root
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.errors import InvalidInput, invariant
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.trie.ordered import ordered_root
from quarkparsec.types import Gas, ShardId, Wei


def check_summary(summary: ShardSummary, plan: EpochPlan, parent: RootBlock, tips: Wei) -> None:
    """Raise InvalidInput unless `summary` is of a block that this plan asked for."""
    header = summary.shard_header()
    previous = parent.summaries[summary.shard_id]
    expected = {
        "number": (header.number, plan.round.epoch),
        "parent": (header.parent_hash, previous.block_hash),
        "root parent": (header.parent_beacon_block_root, parent.hash),
        "timestamp": (header.timestamp, plan.timestamp),
        "base fee": (header.base_fee, plan.base_fee),
        "seed": (header.prevrandao, plan.seed),
        "coinbase": (header.coinbase, parent.header.coinbase),
        "gas limit": (header.gas_limit * parent.shard_count, parent.header.gas_limit),
        "tips": (summary.tips, tips),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise InvalidInput(f"sealed with another {name} than the epoch's")


def build_root_block(
    parent: RootBlock, plan: EpochPlan, reported: Mapping[ShardId, ShardSummary], fees: Wei
) -> RootBlock:
    """The block that commits `reported`, the summaries of all participants, after `parent`.

    `fees` is what the coinbase's home has credited in this epoch.
    """
    invariant(tuple(sorted(reported)) == plan.participants, "every participant has sealed")
    summaries = tuple(
        reported.get(summary.shard_id) or summary.carried_over() for summary in parent.summaries
    )
    fees_pending = parent.fees_pending + sum(each.tips for each in reported.values()) - fees
    supply = parent.supply - sum(each.burned for each in reported.values())
    invariant(
        fees_pending >= 0 <= supply, "no fee is credited twice, nor more burned than there is"
    )
    header = root_header(parent, plan, summaries, Wei(fees_pending), Wei(supply))
    return RootBlock(
        header, summaries, plan.participants, parent.shard_count, Wei(fees_pending), Wei(supply)
    )


def root_header(
    parent: RootBlock,
    plan: EpochPlan,
    summaries: tuple[ShardSummary, ...],
    fees_pending: Wei,
    supply: Wei,
) -> Header:
    """What the epoch did in sum; of the shards that took no part, only the state."""
    headers = [summaries[shard_id].shard_header() for shard_id in plan.participants]
    return Header(
        parent_hash=parent.hash,
        coinbase=parent.header.coinbase,
        state_root=root_state_root(summaries, fees_pending, supply),
        transactions_root=ordered_root([header.transactions_root for header in headers]),
        receipts_root=ordered_root([header.receipts_root for header in headers]),
        logs_bloom=union(header.logs_bloom for header in headers),
        number=plan.round.epoch,
        gas_limit=parent.header.gas_limit,
        gas_used=Gas(sum(header.gas_used for header in headers)),
        timestamp=plan.timestamp,
        prevrandao=plan.seed,
        base_fee=plan.base_fee,
        parent_beacon_block_root=ZERO_HASH,
    )
