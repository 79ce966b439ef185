"""The engines together: whatever arrives when, and however often, the state is that of the serial run."""

from __future__ import annotations

import os
from random import Random
from typing import Any, Final

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvariantBroken
from quarkparsec.ordering.label import Label
from quarkparsec.ordering.machine import OrderingMachine
from quarkparsec.ordering.messages import (
    ExecutionSummary,
    KVSWrite,
    SealBatch,
    TransactionRequest,
    UpdateSeenAll,
    Writing,
)
from quarkparsec.ordering.outcome import Success
from quarkparsec.ordering.supervisor import Supervisor
from quarkparsec.ordering.timeline import Timeline
from quarkparsec.ordering.worker import Worker
from quarkparsec.wire.acknowledgement import TransactionAck
from tests.ordering.any_order import AnyOrder, verdict
from tests.ordering.places import EPOCH, at, candidate
from tests.ordering.random_transactions import random_candidate

SEEDS: Final = int(os.environ.get("ORDERING_SEEDS", "2000"))
CHUNK: Final = 250
ONCE_BROKEN: Final = (105, 115, 163, 289, 323, 439, 612, 729, 816, 855, 1090, 1210, 1326, 1917)
"""Seeds that found something, once: a read watermark ahead of a lock, a key asked for twice."""


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_any_order_of_delivery_gives_the_state_of_the_serial_run(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS)):
        assert verdict(seed) == "ok", f"seed {seed}"


@pytest.mark.parametrize("seed", ONCE_BROKEN)
def test_a_seed_that_once_found_something_finds_nothing_any_more(seed: int) -> None:
    assert verdict(seed) == "ok"


def test_the_order_itself_does_not_depend_on_the_delivery() -> None:
    candidates = tuple(random_candidate(name, Random(name)) for name in range(40))
    orders = set()
    for seed in range(40):
        net = AnyOrder(Random(seed))
        net.deliver(TransactionRequest(candidates))
        net.deliver(SealBatch(keccak(b"seed")))
        net.run()
        orders.add(tuple(sorted(net.places.items())))
    assert len(orders) == 1
    assert len(orders.pop()) > len(candidates), "some missed"


@pytest.mark.parametrize("pool", [1, 2, 4])
def test_a_bounded_pool_never_stalls_on_transactions_that_depend_on_one_another(pool: int) -> None:
    row = Label(eager={b"a"}, will={b"a"})

    class Counting:
        def run(self, known: Any) -> Success:
            return Success({b"a": known[b"a"] + 1})

    for seed in range(20):
        net = AnyOrder(Random(seed), pool=pool)
        net.send(TransactionRequest(tuple(candidate(n, row, Counting()) for n in range(100))))
        net.run()
        net.send(SealBatch())
        net.run()
        assert net.timeline.newest(b"a") == 100


def machine(program: Any) -> OrderingMachine:
    return OrderingMachine(Worker(0, EPOCH, 0), Supervisor(program), Timeline(0))


def test_in_one_thread_all_happens_at_once() -> None:
    engines = OrderingMachine(
        Worker(0, EPOCH, 0),
        Supervisor(lambda one, known: Success({b"a": (*known[b"a"], one.executable)})),
        Timeline(()),
    )
    row = Label(eager={b"a"}, will={b"a"})
    (ack,) = engines.step(TransactionRequest(tuple(candidate(n, row, n) for n in range(5))))
    assert isinstance(ack, TransactionAck)
    said = engines.step(SealBatch())
    ended = [each for one in said if isinstance(one, ExecutionSummary) for each in one.ended]
    assert [each.fingerprint for each in ended] == [at(n) for n in range(5)]
    assert [each.values_read for each in ended] == [{b"a": tuple(range(n))} for n in range(5)]


def test_a_broken_promise_between_the_engines_stops_the_replica() -> None:
    engines = machine(lambda *_: Success({}))
    engines.step(TransactionRequest((candidate(1, Label(will={b"a"})),)))
    with pytest.raises(InvariantBroken):
        engines.step(SealBatch())


def test_what_no_lock_announced_is_held_and_nothing_comes_of_it() -> None:
    engines = machine(lambda *_: Success({}))
    assert engines.step(KVSWrite((Writing(at(5), {b"a": 1}, False),))) == []
    assert engines.step(UpdateSeenAll(0, at(5), write=True)) == []
