"""A shard moves from one slave to another, with real databases and sockets, while it works."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cluster.moving_cluster import MovingCluster, running, until
from tests.cluster.one_loop import ALICE, BOB, make_identity, transfer


async def pay(cluster: MovingCluster, nonce: int) -> None:
    """Alice, on shard 2, pays Bob, who is there, too."""
    await cluster.admission.submit(transfer(ALICE, BOB, nonce))


def height(cluster: MovingCluster, shard_id: int) -> int:
    return cluster.master.machine.head.summaries[shard_id].shard_header().number


def test_a_shard_moves_with_its_blocks_and_works_on_there(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(make_identity(tmp_path, min_epoch_ms=20)) as cluster:
            await pay(cluster, 0)
            await until(lambda: height(cluster, 2) > 0)
            before = height(cluster, 2)
            assert await cluster.move(2, "slave-1") == ""
            assert cluster.holders == ("slave-0", "slave-1", "slave-1", "slave-1")
            await pay(cluster, 1)
            await until(lambda: height(cluster, 2) > before)
            await until(lambda: not (tmp_path / "slave-0" / "shard-0002").exists())
            assert sorted(path.name for path in (tmp_path / "slave-1").glob("shard-*")) == [
                "shard-0001",
                "shard-0002",
                "shard-0003",
            ]

    asyncio.run(scene())
