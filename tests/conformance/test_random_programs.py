"""Thousands of random programs end alike in our EVM, in revm and in py-evm.

A few hundred in everyday work, several thousand with QUARKPARSEC_CONFORMANCE=all.
"""

from __future__ import annotations

import random

import pytest

from quarkparsec.types import Recipient
from tests.conformance.random_programs import Generator
from tests.conformance.spread import rounds
from tests.conformance.worlds import SENDER, Ending, Ours, PyEvm, Revm, Sending, World, slot

A, B = b"\xaa" * 20, b"\xbb" * 20
TARGETS = [A, B, SENDER, b"\x05" * 20, *(bytes(19) + bytes((n,)) for n in (1, 2, 4, 5, 6, 9))]
TRANSACTIONS = 3
"""On top of each other: later ones find slots written and contracts created."""
BATCH = 50


def batches(everyday: int, *, thorough: int) -> range:
    return range(rounds(everyday, thorough=thorough) // BATCH)


def seeds(batch: int) -> range:
    return range(batch * BATCH, (batch + 1) * BATCH)


def world(seed: int) -> tuple[Generator, dict[bytes, bytes]]:
    generator = Generator(seed, TARGETS)
    return generator, {A: generator.program(), B: generator.program()}


def a_call(generator: Generator, dice: random.Random) -> Sending:
    gas_limit = dice.choice((25_000, 60_000, 300_000, 2_000_000))
    return Sending(A, generator.data(), dice.choice((0, 0, 5)), gas_limit)


def anything(generator: Generator, dice: random.Random) -> Sending:
    """Also creations and access lists, which pyrevm can't be told."""
    sending = a_call(generator, dice)
    if dice.random() < 0.4:
        sending = Sending(None, generator.program(), sending.value, sending.gas_limit + 60_000)
    if dice.random() < 0.4:
        slots = tuple(slot(dice.randint(0, 3)) for _ in range(2))
        accessed = ((Recipient(A), slots), (Recipient(B), ()))
        sending = sending._replace(access_list=accessed, gas_limit=sending.gas_limit + 20_000)
    return sending


def assert_alike(mine: Ending, theirs: Ending, seed: int) -> None:
    assert mine == theirs, f"seed {seed}"


@pytest.mark.parametrize("batch", batches(300, thorough=6000))
def test_random_programs_end_as_in_revm(batch: int) -> None:
    for seed in seeds(batch):
        dice = random.Random(seed)
        generator, contracts = world(seed)
        sending = a_call(generator, dice)
        mine, other = Ours(contracts).send(sending), Revm(contracts).send(sending)
        if not mine.succeeded:
            mine = mine._replace(output=b"")
        assert_alike(mine, other, seed)


@pytest.mark.parametrize("batch", batches(200, thorough=4000))
def test_random_transactions_end_as_in_py_evm(batch: int) -> None:
    for seed in seeds(batch):
        dice = random.Random(seed)
        generator, contracts = world(seed)
        worlds: list[World] = [Ours(contracts), PyEvm(contracts)]
        for _ in range(TRANSACTIONS):
            sending = anything(generator, dice)
            mine, other = (world.send(sending) for world in worlds)
            assert_alike(mine, other, seed)
