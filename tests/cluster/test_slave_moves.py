"""A shard moves from one slave to another, with real databases and sockets, while it works."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cluster import shard_copy
from cluster.identity import Identity
from cluster.shard_host import ShardHost
from cluster.snapshots import Snapshots
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Corrupt, Rejected, Unavailable
from quarkparsec.root.topology import Move
from quarkparsec.state.account import Account
from quarkparsec.types import ShardId, home_key
from quarkparsec.wire import queries
from quarkparsec.wire.queries import Encoded
from tests.cluster.moving_cluster import MovingCluster, running, until
from tests.cluster.one_loop import ALICE, BOB, make_identity, transfer

BOB_ADDRESS = recipient_of(BOB)


def identity(folder: Path) -> Identity:
    """A chain that makes a block every 20 ms while it has work."""
    return make_identity(folder, min_epoch_ms=20)


async def pay(cluster: MovingCluster, nonce: int) -> None:
    """Alice, on shard 2, pays Bob, who is there, too."""
    await cluster.admission.submit(transfer(ALICE, BOB, nonce))


async def balance(cluster: MovingCluster) -> int:
    """Bob's, after the last root block."""
    epoch = cluster.router.root.head().number

    def question(shard_id: ShardId, shard_count: int) -> queries.ReadAccount:
        return queries.ReadAccount(shard_id, shard_count, BOB_ADDRESS, epoch)

    answer = await cluster.router.ask_at(home_key(BOB_ADDRESS), question, Encoded)
    assert answer is not None
    return Account.decode(answer.value).balance


def height(cluster: MovingCluster, shard_id: int = 2) -> int:
    return cluster.master.machine.head.summaries[shard_id].shard_header().number


def folders(path: Path) -> list[str]:
    return sorted(each.name for each in path.glob("shard-*"))


def test_a_shard_moves_with_its_blocks_and_works_on_there(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            await pay(cluster, 0)
            await until(lambda: height(cluster) > 0)
            before = height(cluster)
            assert await cluster.move(2, "slave-1") == ""
            assert cluster.holders == ("slave-0", "slave-1", "slave-1", "slave-1")
            await pay(cluster, 1)
            await until(lambda: height(cluster) > before)
            await until(lambda: folders(tmp_path / "slave-0") == ["shard-0000"])
            assert folders(tmp_path / "slave-1") == ["shard-0001", "shard-0002", "shard-0003"]

    asyncio.run(scene())


def test_payments_and_reads_go_on_while_a_shard_moves_there_and_back(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            await until(lambda: height(cluster, 0) >= 0)
            first = await balance(cluster)
            paid = 0
            for target in ("slave-1", "slave-0"):
                moving = asyncio.create_task(cluster.move(2, target))
                while not moving.done():
                    await pay(cluster, paid)
                    paid += 1
                    await balance(cluster)
                    await asyncio.sleep(0.01)
                assert moving.result() == ""
            async with asyncio.timeout(20):
                while await balance(cluster) != first + paid:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)

    asyncio.run(scene())


def test_what_waits_in_the_pool_comes_along(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            first = await balance(cluster)
            for nonce in (1, 2, 3):  # nonce 0 is missing, so they wait
                await pay(cluster, nonce)
            assert await cluster.move(2, "slave-1") == ""
            assert await balance(cluster) == first
            await pay(cluster, 0)
            await until(lambda: height(cluster) > 0)
            async with asyncio.timeout(10):
                while await balance(cluster) != first + 4:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("_rows", "the snapshot is gone"),
        ("shut", "isn't at rest"),
    ],
)
def test_a_move_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, words: str
) -> None:
    async def no_rows(*_: Any) -> Any:
        raise Unavailable("the snapshot is gone")

    if step == "_rows":
        monkeypatch.setattr(Snapshots, "_rows", no_rows)
    else:
        monkeypatch.setattr(ShardHost, "shut", lambda *_: False)

    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            assert words in await cluster.move(2, "slave-1")
            assert cluster.holders == ("slave-0", "slave-1", "slave-0", "slave-1")
            await until(lambda: folders(tmp_path / "slave-1") == ["shard-0001", "shard-0003"])
            await pay(cluster, 0)
            await until(lambda: height(cluster) > 0)

    asyncio.run(scene())


def test_a_copy_that_is_wrong_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(*_: Any) -> None:
        raise Corrupt("the copy is not what the root chain names")

    monkeypatch.setattr(shard_copy, "verify", find)

    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            assert "not what the root chain names" in await cluster.move(2, "slave-1")
            await until(lambda: folders(tmp_path / "slave-1") == ["shard-0001", "shard-0003"])

    asyncio.run(scene())


def test_one_thing_at_a_time(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(identity(tmp_path)) as cluster:
            master = cluster.master
            master.moves.begin(Move(ShardId(2), "slave-1"))
            with pytest.raises(Rejected, match="shard 2 is moving to slave-1"):
                await master._reshard(8)
            with pytest.raises(Rejected, match="one move at a time"):
                master.moves.dismiss("slave-0")
            await until(lambda: not master.moves.mover.under_way)
            split = asyncio.create_task(master._reshard(8))
            await until(lambda: master.machine.splits or split.done())
            if not split.done():
                with pytest.raises(Rejected, match="the shards are being split"):
                    master.moves.begin(Move(ShardId(0), "slave-1"))
            await split

    asyncio.run(scene())
