"""A transaction's fingerprint follows from the shape of its block, and names one transaction of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.legs import Call, Legs, Payment
from quarkparsec.chain.serial_order import SerialOrder, serial_order
from quarkparsec.types import Epoch, Fingerprint, Recipient, Wei

EPOCH = Epoch(9)
CALL = Call(4, 77, Wei(1000), ())
OWN = Call(6, 80, None, ())
PAYMENT = Payment(3, 5, Recipient(b"\x01" * 20), Wei(1), Wei(0))
MIXED = serial_order(EPOCH, 6, Legs((PAYMENT, CALL, OWN), transfer_count=2))
"""Two transactions of each lane."""


def test_the_lanes_follow_each_other_in_a_body() -> None:
    turns = [MIXED.turn(index) for index in range(6)]
    assert [turn.fingerprint for turn in turns] == [
        (9, 1, 0),
        (9, 1, 1),
        (9, 2, 4),
        (9, 2, 6),
        (9, 3, 0),
        (9, 3, 1),
    ]
    assert [turn.call for turn in turns] == [None, None, CALL, OWN, None, None]


@pytest.mark.parametrize(
    ("epoch", "lane", "n"),
    [(8, 1, 0), (9, 0, 0), (9, 4, 0), (9, 1, 2), (9, 2, 3), (9, 2, 5), (9, 2, 7), (9, 3, 2)],
)
def test_nothing_is_found_by_a_fingerprint_that_no_transaction_has(
    epoch: int, lane: int, n: int
) -> None:
    assert MIXED.place(Fingerprint(Epoch(epoch), lane, n)) is None


@given(st.integers(0, 5), st.sets(st.integers(1, 50)), st.integers(0, 5))
def test_fingerprints_are_in_the_order_of_the_body_and_find_their_transactions(
    in_shard: int, positions: set[int], transfers: int
) -> None:
    calls = tuple([Call(position, 100 - position, None, ()) for position in sorted(positions)])
    count = in_shard + len(calls) + transfers
    order = SerialOrder(EPOCH, count, calls, transfers)
    fingerprints = [order.turn(index).fingerprint for index in range(count)]
    assert fingerprints == sorted(set(fingerprints))
    assert [order.place(each) for each in fingerprints] == list(range(count))
