"""The reward percentiles of eth_feeHistory."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.percentiles import parse_percentiles
from quarkparsec.limits import FEE_HISTORY_PERCENTILES_MAX


@pytest.mark.parametrize("value", [[], [50], [20.0], [0, 12.5, 100], [10, 20, 30]])
def test_integers_and_fractions_are_alike(value: list[float]) -> None:
    assert parse_percentiles(value) == tuple(map(float, value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("50", "expected a list"),
        ([101], "invalid reward percentile"),
        ([-1], "invalid reward percentile"),
        ([True], "invalid reward percentile"),
        (["50"], "invalid reward percentile"),
        ([None], "invalid reward percentile"),
        ([50, 40], "invalid reward percentile: #0:50.000000 >= #1:40.000000"),
        ([50, 50], "invalid reward percentile: #0:50.000000 >= #1:50.000000"),
        ([1.0] * (FEE_HISTORY_PERCENTILES_MAX + 1), "over the query limit"),
    ],
)
def test_wrong_percentiles_are_refused(value: object, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_percentiles(value)
    assert str(caught.value).startswith(words)
