"""Shares are exact over any hundred, and senders don't go in step."""

from __future__ import annotations

import random

from benchmarks.load.shares import is_due, share
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 100), st.integers(0, 10**6))
def test_of_any_hundred_in_a_row_the_share_is_exact(percent: int, first: int) -> None:
    assert sum(is_due(index, percent) for index in range(first, first + 100)) == percent


@given(st.integers(1, 100), st.integers(0, 10**6))
def test_a_share_is_spread_evenly(percent: int, first: int) -> None:
    gap = -(-100 // percent)
    assert any(is_due(index, percent) for index in range(first, first + gap))


def test_senders_begin_at_different_places() -> None:
    source = random.Random(1)
    assert {share(50)(0, source) for _ in range(50)} == {True, False}


def test_one_sender_keeps_its_offset() -> None:
    source = random.Random(1)
    is_in = share(30)
    assert sum(is_in(nonce, source) for nonce in range(1_000)) == 300
