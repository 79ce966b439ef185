"""Replicas: the same batch gives the same ends, whatever the timing, the hash seed and the number of executors."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random
from typing import Final

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.messages import SealBatch, TransactionRequest
from quarkparsec.ordering.outcome import Ending, Miss
from tests.ordering.any_order import AnyOrder
from tests.ordering.random_transactions import KEYS, answer_of, digest, random_candidate

POOLS: Final = (1, 2, 4, 99)
TIMINGS: Final = 5
HASH_SEEDS: Final = ("0", "1", "4711")


def ends(pool: int, timing: int) -> int:
    """A digest of what one replica comes to: every place, how it ended, and the state."""
    net = AnyOrder(Random(timing), pool=pool)
    net.deliver(TransactionRequest(tuple(random_candidate(n, Random(n)) for n in range(30))))
    net.deliver(SealBatch(keccak(b"seed")))
    net.run()
    assert net.violations == []
    places = [(place, net.places[place], _told(net.ended[place])) for place in sorted(net.ended)]
    return digest(places, [net.timeline.newest(key) for key in KEYS])


def _told(ending: Ending) -> object:
    """How it ended, in words that are the same in every process: a set's aren't."""
    if not isinstance(ending, Miss):
        return answer_of(ending)
    label = ending.label
    return [sorted(keys) for keys in (label.eager, label.lazy, label.will, label.may)]


def all_ends() -> set[int]:
    return {ends(pool, timing) for pool in POOLS for timing in range(TIMINGS)}


def test_pools_of_any_size_and_any_timing_come_to_the_same_ends() -> None:
    assert len(all_ends()) == 1


def test_processes_with_any_hash_seed_come_to_the_same_ends() -> None:
    program = (
        "from tests.ordering.test_machine_replicas import all_ends; print(sorted(all_ends()))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in HASH_SEEDS
    }
    assert printed == {f"{sorted(all_ends())}\n"}
