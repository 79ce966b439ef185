"""The reward percentiles of eth_feeHistory: numbers from 0 to 100, in ascending order."""

from __future__ import annotations

from itertools import pairwise

from quarkparsec.errors import InvalidInput
from quarkparsec.limits import FEE_HISTORY_PERCENTILES_MAX


def parse_percentiles(value: object) -> tuple[float, ...]:
    """Read a list of percentiles; ints and floats are alike. Raises InvalidInput."""
    if type(value) is not list:
        raise InvalidInput("expected a list of percentiles")
    if len(value) > FEE_HISTORY_PERCENTILES_MAX:
        raise InvalidInput(f"over the query limit {FEE_HISTORY_PERCENTILES_MAX}")
    percentiles = tuple([_parse_percentile(member) for member in value])
    for index, (lower, upper) in enumerate(pairwise(percentiles), 1):
        if lower >= upper:
            words = f"#{index - 1}:{lower:f} >= #{index}:{upper:f}"
            raise InvalidInput(f"invalid reward percentile: {words}")
    return percentiles


def _parse_percentile(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        raise InvalidInput("invalid reward percentile: expected a number from 0 to 100")
    return float(value)
