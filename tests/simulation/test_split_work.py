"""The small piece of work with a split is what it says."""

from __future__ import annotations

from quarkparsec.chain.block import SWEPT, RootBlock
from tests.simulation.faults import Faults
from tests.simulation.split_work import GROUPS, SEED, work
from tests.simulation.test_small_work import has_everything
from tests.simulation.world import Machines, World


def test_it_has_legs_of_all_kinds_in_the_block_that_splits_and_in_one_that_sweeps() -> None:
    world = World(SEED, Machines(), Faults(), work(), insists=False)
    world.run()
    roots = world.checker.roots
    splitting = next(root for root in roots if root.shard_count == GROUPS)
    sweeping = roots[splitting.number + 1 :]
    assert has_everything(world, splitting)
    assert any(has_everything(world, root) for root in sweeping if not is_swept(root))
    assert sum(not is_swept(root) for root in sweeping) > 1


def is_swept(root: RootBlock) -> bool:
    return all(summary.sweep == SWEPT for summary in root.summaries)
