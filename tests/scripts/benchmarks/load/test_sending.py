"""Nonces keep their order, and nothing is sent into a gap."""

from __future__ import annotations

from collections import deque

from benchmarks.load.progress import error_kind
from benchmarks.load.sending import Cursor, take_in_turn
from benchmarks.load.workload import Stream
from benchmarks.signing import Signed
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.types import Hash32, Recipient


def _stream(name: int, length: int) -> Stream:
    sender = Recipient(bytes((name,)) * 20)
    transactions = [
        Signed(bytes((name, nonce)), Hash32(bytes((name, nonce)) * 16)) for nonce in range(length)
    ]
    return Stream(sender, transactions)


@given(st.lists(st.integers(0, 12), max_size=6), st.integers(1, 10))
def test_taking_in_turn_gives_everything_once_with_nonces_in_order(
    lengths: list[int], batch: int
) -> None:
    turn = deque(Cursor(_stream(name, length)) for name, length in enumerate(lengths))
    taken = []
    while chunk := take_in_turn(turn, batch):
        assert len(chunk) <= batch
        taken += [transaction.raw for _, transaction in chunk]
    assert len(taken) == sum(lengths)
    for name, length in enumerate(lengths):
        assert [raw[1] for raw in taken if raw[0] == name] == list(range(length))


def test_what_is_given_up_is_not_taken() -> None:
    turn = deque([Cursor(_stream(0, 5)), Cursor(_stream(1, 1))])
    (cursor, _), _ = take_in_turn(turn, 2)
    assert cursor.give_up() == 4
    assert take_in_turn(turn, 10) == []


def test_errors_that_differ_in_numbers_count_together() -> None:
    first = error_kind("nonce too low: next nonce 5, tx nonce 3 of 0xabc")
    assert first == error_kind("nonce too low: next nonce 17, tx nonce 9 of 0x12")
