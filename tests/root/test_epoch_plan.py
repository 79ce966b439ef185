"""What the master decides before an epoch begins."""

from __future__ import annotations

from dataclasses import replace

from quarkparsec.chain.fees import base_fee_after
from quarkparsec.root.epoch_plan import plan_epoch
from quarkparsec.root.genesis_block import genesis_root_block
from quarkparsec.types import Epoch, Gas
from quarkparsec.wire.epoch import Round
from tests.root.two_shards import GENESIS, HOME

PARENT = genesis_root_block(GENESIS)
ROUND = Round(Epoch(1), 1, 0)


def test_time_never_goes_back() -> None:
    late = replace(PARENT, header=replace(PARENT.header, timestamp=50))
    assert plan_epoch(late, ROUND, (HOME,), {}, 49_999).timestamp == 50
    assert plan_epoch(late, ROUND, (HOME,), {}, 51_999).timestamp == 51


def test_the_seed_is_the_same_for_every_attempt_and_another_for_every_epoch() -> None:
    first = plan_epoch(PARENT, ROUND, (HOME,), {}, 1_000)
    second = plan_epoch(PARENT, Round(Epoch(1), 1, 1), (), {}, 9_000)
    other = replace(PARENT, header=replace(PARENT.header, timestamp=1))
    assert first.seed == second.seed
    assert plan_epoch(other, ROUND, (HOME,), {}, 1_000).seed != first.seed


def test_the_base_fee_follows_the_whole_clusters_gas() -> None:
    half = Gas(GENESIS.gas_limit * GENESIS.shard_count // 2)
    for gas_used, change in ((0, -1), (half, 0), (2 * half, 1)):
        block = replace(PARENT, header=replace(PARENT.header, gas_used=Gas(gas_used)))
        expected = GENESIS.base_fee + change * GENESIS.base_fee // 8
        assert base_fee_after(block.header) == expected
