"""The small piece of work is what it says."""

from __future__ import annotations

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.legs import Call, Claim, Payment
from tests.serializability.audit import committed_block
from tests.simulation.faults import Faults
from tests.simulation.small_work import SEED, work
from tests.simulation.world import Machines, World


def test_it_has_legs_of_all_kinds_in_one_epoch() -> None:
    world = World(SEED, Machines(), Faults(), work())
    world.run()
    assert any(has_everything(world, root) for root in world.checker.roots)


def has_everything(world: World, root: RootBlock) -> bool:
    legs = [
        committed_block(world.shards[shard_id].disk, root, shard_id).legs
        for shard_id in root.participants
    ]
    return (
        {type(leg) for each in legs for leg in each.tickets} == {Call, Payment, Claim}
        and any(each.payouts for each in legs)
        and any(each.transfer_count for each in legs)
        and any(each.credits for each in legs)
    )
