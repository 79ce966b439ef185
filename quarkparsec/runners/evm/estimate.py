"""Estimates the gas limit that a transaction needs, as geth does (eth/gasestimator).

It runs at the highest limit first: if that fails, so would any. What it used bounds the answer below; a
good guess (refunds and a call's stipend added, all but one 64th passed on) often bounds it above at once.
The rest is bisection until the bounds are within 1.5 %.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quarkparsec.errors import Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.call import Call, CallResult, GasTooLow, available, call
from quarkparsec.runners.evm.faults import OUT_OF_GAS
from quarkparsec.runners.evm.instructions.calls import CALL_STIPEND_GAS
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas

TRANSFER_GAS: Final = 21_000
TOLERANCE: Final = 0.015


class ExecutionFailed(Rejected):
    """The call fails whatever the gas limit."""

    def __init__(self, result: CallResult) -> None:
        super().__init__(result.error)
        self.result: Final = result
        """Its `output` is what the code reverted with."""


def estimate_gas(
    journal: Journal,
    wanted: Call,
    block: BlockContext,
    gas_cap: Gas,
    out_of_time: Callable[[], bool],
) -> Gas:
    """The gas limit to sign, at most 1.5 % too high, never too low.

    `wanted.gas_limit` is the sender's own limit (below 21 000: none). Raises ExecutionFailed, other
    Rejected and HomesNeeded as `call` does, and OutOfTime for all runs together.
    """

    def run(gas_limit: int) -> CallResult | None:
        """None if the gas doesn't even pay for starting."""
        try:
            return call(journal, wanted._replace(gas_limit=Gas(gas_limit)), block, out_of_time)
        except GasTooLow:
            return None

    def suffices(gas_limit: int) -> bool:
        result = run(gas_limit)
        return result is not None and result.error is None

    highest = _highest(journal, wanted, block, gas_cap)
    if _is_plain(journal, wanted) and highest >= TRANSFER_GAS and suffices(TRANSFER_GAS):
        return Gas(TRANSFER_GAS)
    result = run(highest)
    if result is None or result.error == OUT_OF_GAS:
        raise Rejected(f"gas required exceeds allowance ({highest})")
    if result.error is not None:
        raise ExecutionFailed(result)
    guess = (result.gas_used + result.refund + CALL_STIPEND_GAS) * 64 // 63
    return _bisect(suffices, result.gas_used - 1, highest, guess)


def _bisect(suffices: Callable[[int], bool], too_low: int, enough: int, guess: int) -> Gas:
    if guess < enough:
        if suffices(guess):
            enough = guess
        else:
            too_low = guess
    while too_low + 1 < enough and (enough - too_low) / enough >= TOLERANCE:
        # Most transactions need little more than they use: search the low side first.
        middle = min((enough + too_low) // 2, too_low * 2)
        if suffices(middle):
            enough = middle
        else:
            too_low = middle
    return Gas(enough)


def _highest(journal: Journal, wanted: Call, block: BlockContext, gas_cap: Gas) -> int:
    """The block's limit or the sender's own, what the sender can pay for, and the node's cap."""
    highest = wanted.gas_limit if wanted.gas_limit >= TRANSFER_GAS else block.gas_limit
    if wanted.max_fee_per_gas:
        left = available(journal, wanted) - wanted.value
        if left < 0:
            raise Rejected("insufficient funds for transfer")
        highest = Gas(min(highest, left // wanted.max_fee_per_gas))
    return min(highest, gas_cap)


def _is_plain(journal: Journal, wanted: Call) -> bool:
    return wanted.to is not None and not wanted.data and not journal.has_code(wanted.to)
