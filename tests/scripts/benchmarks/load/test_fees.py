"""Fees leave room for a rising base fee, as far as the money goes."""

from __future__ import annotations

import pytest
from benchmarks.load.fees import CAP_OVER_BASE_FEE, TIP, Fees, choose_fees

from quarkparsec.errors import Rejected


def test_with_enough_money_the_cap_is_far_above_the_base_fee() -> None:
    assert choose_fees(10**9, 21_000, 10**24) == Fees(TIP, CAP_OVER_BASE_FEE * 10**9)


def test_with_less_money_the_cap_is_what_it_can_back() -> None:
    fees = choose_fees(10**9, 21_000, 21_000 * 5 * 10**9)
    assert fees.cap == 5 * 10**9


def test_the_tip_never_exceeds_what_the_cap_leaves() -> None:
    fees = choose_fees(10**8, 100, 100 * 3 * 10**8)
    assert fees == Fees(2 * 10**8, 3 * 10**8)


def test_too_little_money_is_refused() -> None:
    with pytest.raises(Rejected, match="too little"):
        choose_fees(10**9, 21_000, 21_000 * 10**9)
