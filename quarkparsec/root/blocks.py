"""Root blocks: what shards report is checked, and joined into the block that commits an epoch.

The money of an epoch, which `scripts/audit.py` and the tests check against the shards' states:

    supply        = parent's supply − what the participants burned
    fees pending  = parent's fees pending + the participants' tips − what the coinbase was credited
    Σ balances of own entries over all shards + fees pending = supply

The gas of a shard's block is bounded by what bounded its block before, and the cluster's by all of them. A
block that splits the shards is made here, too; what that means is said in `split`.
"""

from __future__ import annotations

from collections.abc import Mapping

from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.bloom import union
from quarkparsec.chain.commitments import root_state_root
from quarkparsec.chain.header import ZERO_HASH, Header
from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput, invariant
from quarkparsec.root.epoch_plan import EpochPlan
from quarkparsec.root.split import divide, goes_on
from quarkparsec.trie.ordered import ordered_root
from quarkparsec.types import Gas, ShardId, Wei, home_key, shard_of
from quarkparsec.wire.epoch import Sealed


def coinbase_home(parent: RootBlock) -> ShardId:
    """The shard that is credited the fees of the epoch after `parent`."""
    return shard_of(home_key(parent.header.coinbase), parent.shard_count)


def read_summary(sealed: Sealed, plan: EpochPlan, parent: RootBlock, tips: Wei) -> ShardSummary:
    """What a shard says of its block. Raises InvalidInput unless this plan asked for that block."""
    summary = ShardSummary.from_item(rlp.decode_list(sealed.summary))
    if summary.shard_id != sealed.shard_id:
        raise InvalidInput("sealed for another shard")
    check_summary(summary, plan, parent, tips)
    return summary


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
        "gas limit": (header.gas_limit, previous.shard_header().gas_limit),
        "tips": (summary.tips, tips),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise InvalidInput(f"sealed with another {name} than the epoch's")
    if not goes_on(previous.sweep, summary.sweep):
        raise InvalidInput("sealed with a sweep that goes back")


def build_root_block(
    parent: RootBlock,
    plan: EpochPlan,
    reported: Mapping[ShardId, ShardSummary],
    fees: Wei,
    *,
    splits: bool = False,
) -> RootBlock:
    """The block that commits `reported`, the summaries of all participants, after `parent`.

    `fees` is what the coinbase's home has credited in this epoch; `splits`: there are twice as many shards
    after it.
    """
    invariant(tuple(sorted(reported)) == plan.participants, "every participant has sealed")
    summaries = tuple(
        reported.get(summary.shard_id) or summary.carried_over() for summary in parent.summaries
    )
    summaries = divide(summaries) if splits else summaries
    fees_pending = parent.fees_pending + sum(each.tips for each in reported.values()) - fees
    supply = parent.supply - sum(each.burned for each in reported.values())
    invariant(
        fees_pending >= 0 <= supply, "no fee is credited twice, nor more burned than there is"
    )
    header = root_header(parent, plan, summaries, Wei(fees_pending), Wei(supply))
    return RootBlock(
        header, summaries, plan.participants, len(summaries), Wei(fees_pending), Wei(supply)
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
        gas_limit=Gas(parent.summaries[0].shard_header().gas_limit * parent.shard_count),
        gas_used=Gas(sum(header.gas_used for header in headers)),
        timestamp=plan.timestamp,
        prevrandao=plan.seed,
        base_fee=plan.base_fee,
        parent_beacon_block_root=ZERO_HASH,
    )
