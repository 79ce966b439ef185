"""The order of a batch: of seed and content alone, each sender's in nonce order."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.label import Label
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.ordering.shuffle import Candidates, order_of

SEEDS = [keccak(bytes([number])) for number in range(20)]


def candidates(senders: int, each: int) -> list[TransactionCandidate]:
    return [
        TransactionCandidate(
            keccak(bytes([sender, nonce])), bytes([sender]), nonce, Label(), (sender, nonce)
        )
        for nonce in range(each)
        for sender in range(senders)
    ]


def names(order: Candidates) -> list[tuple[int, int]]:
    return [candidate.executable for candidate in order]


def test_without_a_seed_the_order_is_that_of_arrival() -> None:
    batch = candidates(5, 3)
    assert order_of(batch, None) == tuple(batch)


@pytest.mark.parametrize("seed", [None, *SEEDS[:5]])
def test_every_candidate_gets_one_place(seed: bytes | None) -> None:
    batch = candidates(7, 3)
    assert sorted(names(order_of(batch, seed))) == sorted(names(batch))  # type: ignore[arg-type]


def test_the_same_seed_and_content_give_the_same_order_whatever_the_arrival() -> None:
    batch = candidates(6, 4)
    expected = order_of(batch, SEEDS[0])
    for number in range(20):
        arrived = batch.copy()
        Random(number).shuffle(arrived)
        assert order_of(arrived, SEEDS[0]) == expected


def test_another_seed_gives_another_order_and_so_does_one_transaction_more() -> None:
    batch = candidates(20, 1)
    orders = {tuple(names(order_of(batch, seed))) for seed in SEEDS}
    assert len(orders) == len(SEEDS)
    more = order_of([*batch, *candidates(21, 1)[-1:]], SEEDS[0])
    assert [each for each in more if each in batch] != [*order_of(batch, SEEDS[0])]


@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_transactions_of_one_sender_keep_their_nonces(seed: bytes) -> None:
    batch = candidates(1, 50) + candidates(4, 2)[1:]
    Random(0).shuffle(batch)
    order = names(order_of(batch, seed))  # type: ignore[arg-type]
    assert [nonce for sender, nonce in order if sender == 0] == sorted(
        nonce for sender, nonce in order if sender == 0
    )


def test_every_place_is_as_likely_as_any_other() -> None:
    batch = candidates(4, 1)
    firsts = [
        names(order_of(batch, keccak(bytes([a, b]))))[0][0] for a in range(20) for b in range(20)
    ]
    assert all(60 < firsts.count(sender) < 140 for sender in range(4))


def test_the_order_is_the_same_for_every_hash_seed() -> None:
    program = (
        "from tests.ordering.test_shuffle import *;"
        "print(names(order_of(candidates(9, 3), SEEDS[0])))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1
