"""What to pay: suggestions for wallets, and the history that better wallets look at themselves.

A priority fee buys a place before others, so it's worth something only while blocks are crowded, that is,
fuller than the target of EIP-1559. The suggestion is what was paid on average in recent crowded blocks
(the 60th percentile of them, as geth's oracle takes), and next to nothing if there were none. Averages come
from the summaries in root blocks: no receipt is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.chain.receipt import Receipt
from quarkparsec.codec.quantities import quantity
from quarkparsec.types import Wei

SUGGESTION_BLOCKS: Final = 20
"""How many recent blocks a suggestion looks at, as geth's default."""

TIP_MIN: Final = Wei(1_000_000)
"""0.001 gwei per gas, geth's floor for what it mines."""

TIP_MAX: Final = Wei(500_000_000_000)
"""500 gwei per gas, geth's cap: whoever pays more doesn't follow suggestions."""

BLOB_BASE_FEE: Final = 1
"""Wei per blob gas while nobody uses any (EIP-4844)."""

_PERCENTILE: Final = 60


def suggested_tip(recent: Sequence[RootBlock]) -> Wei:
    """A priority fee per gas that gets a transaction into one of the next blocks."""
    averages = sorted([_average_tip(block) for block in recent if _is_crowded(block)])
    if not averages:
        return TIP_MIN
    usual = averages[(len(averages) - 1) * _PERCENTILE // 100]
    return Wei(max(TIP_MIN, min(usual, TIP_MAX)))


def block_rewards(
    block: RootBlock, receipts: Sequence[Receipt], percentiles: Sequence[float]
) -> list[str]:
    """The priority fee at some percentiles of the block's gas, cheapest gas first (EIP-1559 wallets)."""
    if not receipts:
        return ["0x0"] * len(percentiles)
    base_fee, gas_used = block.header.base_fee, block.header.gas_used
    paid = sorted((each.effective_gas_price - base_fee, each.gas_used) for each in receipts)
    rewards, index = [], 0
    gas: int = paid[0][1]
    for percentile in percentiles:
        threshold = int(gas_used * percentile / 100)
        while gas < threshold and index < len(paid) - 1:
            index += 1
            gas += paid[index][1]
        rewards.append(quantity(paid[index][0]))
    return rewards


def fee_history_view(
    blocks: Sequence[RootBlock], rewards: Sequence[Sequence[str]] | None
) -> dict[str, Any]:
    """The answer of eth_feeHistory about consecutive blocks, at least one."""
    base_fees = [block.header.base_fee for block in blocks] + [base_fee_after(blocks[-1].header)]
    view: dict[str, Any] = {
        "oldestBlock": quantity(blocks[0].number),
        "baseFeePerGas": [quantity(base_fee) for base_fee in base_fees],
        "gasUsedRatio": [_gas_used_ratio(block) for block in blocks],
        "baseFeePerBlobGas": [quantity(BLOB_BASE_FEE)] * len(base_fees),
        "blobGasUsedRatio": [0] * len(blocks),
    }
    if rewards is not None:
        view["reward"] = rewards
    return view


def _average_tip(block: RootBlock) -> int:
    tips = sum(block.summaries[shard_id].tips for shard_id in block.participants)
    return tips // max(block.header.gas_used, 1)


def _is_crowded(block: RootBlock) -> bool:
    return 2 * block.header.gas_used > block.header.gas_limit


def _gas_used_ratio(block: RootBlock) -> float:
    header = block.header
    return header.gas_used / header.gas_limit if header.gas_limit else 0.0
