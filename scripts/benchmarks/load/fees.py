"""What transactions of a load test offer for their gas.

Load raises the base fee by up to an eighth with every block, so the fee cap is far above today's: a
transaction then never waits for a better price. A node asks of a sender that it could pay the cap for all
that it has waiting, so the cap is lowered to what the funders can back.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from benchmarks.load.endpoint import Endpoint, RpcError
from quarkparsec.errors import Rejected

CAP_OVER_BASE_FEE: Final = 1_000
CAP_OVER_BASE_FEE_MIN: Final = 2
TIP: Final = 10**9
"""One gwei, what wallets offer where nothing is known."""


class Fees(NamedTuple):
    """Wei per gas."""

    tip: int
    cap: int


async def ask_base_fee(endpoint: Endpoint) -> int:
    """The base fee of the latest block, in wei per gas; the gas price where there is none."""
    try:
        block = await endpoint.call("eth_getBlockByNumber", "latest", False)
        return int(block["baseFeePerGas"], 16)
    except (RpcError, KeyError, TypeError):
        return int(await endpoint.call("eth_gasPrice"), 16)


def choose_fees(base_fee: int, gas: int, budget: int) -> Fees:
    """Fees for `gas` units of gas that `budget` wei can back. Raises Rejected if it is too little."""
    affordable = budget // gas
    cap = min(max(CAP_OVER_BASE_FEE * base_fee, 2 * TIP), affordable)
    if cap < CAP_OVER_BASE_FEE_MIN * base_fee or cap == 0:
        raise Rejected(
            f"{budget} wei are too little for {gas} gas at a base fee of {base_fee} wei"
        )
    return Fees(min(TIP, cap - base_fee), cap)
