"""Thousands of bad inputs at every port leave no process larger than it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from quarkparsec.jsonrpc.rpc_error import INTERNAL_ERROR
from tests.attacks.bodies import BAD_ARGUMENTS, NOT_A_REQUEST, NOT_JSON, mutants, request
from tests.attacks.intruder import Intruder
from tests.attacks.target import Target
from tests.attacks.test_transactions import REFUSED

pytestmark = pytest.mark.processes

MEGABYTE = 2**20
GROWTH_MAX = 6 * MEGABYTE
ROUNDS = 4
CLIENTS = 4


def bad_bodies(chance: random.Random) -> Iterator[bytes]:
    """One round of what must not leave a trace: about a thousand bodies."""
    yield from NOT_JSON.values()
    yield from NOT_A_REQUEST.values()
    for method, params in BAD_ARGUMENTS:
        yield request(method, params)
    for _ in range(4):
        for raw, _words in REFUSED.values():
            yield request("eth_sendRawTransaction", ["0x" + raw.hex()])
    for _ in range(200):
        yield request("eth_sendRawTransaction", ["0x02" + chance.randbytes(150).hex()])
        yield request("eth_getTransactionByHash", ["0x" + chance.randbytes(32).hex()])
        yield request("eth_getBalance", ["0x" + chance.randbytes(20).hex(), "latest"])
    yield from mutants(chance, 200)


def attack(target: Target, chance: random.Random) -> int:
    """One round at every port; how many bad inputs it was."""
    bodies = list(bad_bodies(chance))
    with ThreadPoolExecutor(CLIENTS) as clients:
        for reply in clients.map(target.post, bodies):
            answers = orjson.loads(reply.body) if reply.body else []
            for answer in answers if isinstance(answers, list) else [answers]:
                assert answer.get("error", {}).get("code") != INTERNAL_ERROR
    for port in target.bus_ports.values():
        for _ in range(50):
            with Intruder(target.identity, port) as intruder:
                intruder.say_hello()
                intruder.send(chance.randbytes(500))
                assert intruder.is_cut_within(2)
    return len(bodies) + 150


def test_no_process_grows_under_bad_input(
    target: Target, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(23)
    for _ in range(2):  # the first rounds fill caches and the allocator's free lists
        attack(target, chance)
    before = target.resident_bytes()
    inputs = sum(attack(target, chance) for _ in range(ROUNDS))
    growth = {name: held - before[name] for name, held in target.resident_bytes().items()}
    record_property("resident", {"before": before, "growth": growth, "inputs": inputs})
    assert inputs > 4_000
    assert max(growth.values()) < GROWTH_MAX
