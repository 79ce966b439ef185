"""One small piece of work across shards; every process dies at each of its steps, and all is well again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.legs import Call, Claim, Legs, Payment
from quarkparsec.types import ShardId, home_key, shard_of
from tests.serializability.audit import committed_block
from tests.simulation.contracts import NEWBORN, words
from tests.simulation.faults import Faults
from tests.simulation.scenery import WALLETS_PER_SHARD, ledger_of
from tests.simulation.traffic import CALL_GAS, CREATION_GAS, Traffic
from tests.simulation.wallet import Wallet, wallets
from tests.simulation.world import MASTER, Machines, World

SHARD_COUNT: Final = 4
PROCESSES: Final = (MASTER, "shard 0", "shard 1", "shard 2", "shard 3")
SEED: Final = 3
"""It does all of it in one epoch."""
IS_DEEP: Final = "SIMULATION_SEEDS" in os.environ
"""Each step with and without a power cut; by default they take turns."""


@cache
def work() -> Traffic:
    """A transfer, a call that pays somebody elsewhere, and a creation at an address that was funded."""
    group = wallets(SHARD_COUNT, WALLETS_PER_SHARD)
    sender, caller = group[ShardId(0)][0], group[ShardId(1)][0]
    creator = next(each for each in group[ShardId(2)] if _home_of_first_contract(each) != 2)
    contract = create_address(creator.recipient, 0)
    call = words(group[ShardId(0)][1].recipient, 60, 0, b"")
    wishes = {
        sender.recipient: [
            sender.sign(0, group[ShardId(1)][1].recipient, value=5),
            sender.sign(1, contract, value=7, gas_limit=CALL_GAS),
        ],
        caller.recipient: [caller.sign(0, ledger_of(2), 100, call, CALL_GAS)],
        creator.recipient: [creator.sign(0, None, 3, NEWBORN, CREATION_GAS)],
    }
    return Traffic(SHARD_COUNT, wishes, is_plain=True)


def _home_of_first_contract(wallet: Wallet) -> ShardId:
    return shard_of(home_key(create_address(wallet.recipient, 0)), SHARD_COUNT)


def run(crash: tuple[str, int] | None = None, *, power_cut: bool = False) -> World:
    faults = Faults(power_cut=float(power_cut))
    world = World(SEED, Machines(), faults, work(), frozenset((crash,) if crash else ()))
    world.run()
    return world


def legs_of(world: World) -> Iterator[Legs]:
    """Of all blocks."""
    for root in world.checker.roots[1:]:
        for shard_id in root.participants:
            yield committed_block(world.shards[shard_id].disk, root, shard_id).legs


def steps_of(name: str) -> range:
    """The steps that a process makes in a run in which nothing goes wrong."""
    world = run()
    process = world.master if name == MASTER else world.shards[ShardId(int(name[-1]))]
    return range(1, process.steps + 1)


@pytest.mark.parametrize("name", PROCESSES)
def test_wherever_a_process_dies_all_is_done_once(name: str) -> None:
    for step in steps_of(name):
        for power_cut in (False, True) if IS_DEEP else (step % 2 == 0,):
            world = run((name, step), power_cut=power_cut)
            assert world.crashes == 1, (name, step)


def test_the_work_has_legs_of_all_kinds() -> None:
    legs = list(legs_of(run()))
    assert {type(leg) for each in legs for leg in each.tickets} == {Call, Payment, Claim}
    assert any(each.payouts for each in legs)
    assert any(each.transfer_count for each in legs)
