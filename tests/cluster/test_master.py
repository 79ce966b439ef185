"""Who belongs to a cluster is heard by its master; strangers wait, a few of them, and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from cluster.bus import Connection, connect
from cluster.identity import Identity
from quarkparsec.errors import Rejected
from quarkparsec.limits import STRANGE_SLAVES_MAX
from quarkparsec.types import ShardId
from quarkparsec.wire.copies import ReadRootHashes, RootHashes
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import HasWork, Work
from quarkparsec.wire.moves import Arrived, MoveId
from quarkparsec.wire.operations import AddSlave, MoveShard, ReadMoves, RemoveSlave, Reshard
from quarkparsec.wire.root_queries import Follow, ReadRootBlock
from quarkparsec.wire.session import Role
from tests.cluster.moving_cluster import running, until
from tests.cluster.one_loop import make_identity
from tests.cluster.test_bus import Recorder

STRANGER = "slave-7"
QUESTIONS: Final[tuple[Message, ...]] = (
    Reshard(8),
    MoveShard(ShardId(0), STRANGER),
    AddSlave(STRANGER, "127.0.0.1", 1),
    RemoveSlave("slave-0"),
    ReadMoves(),
    Follow(),
    ReadRootBlock(0, b""),
    ReadRootHashes(0, 1),
)


@asynccontextmanager
async def connected(identity: Identity, name: str) -> AsyncIterator[Connection]:
    """A slave's connection to the master, by somebody who knows the secret."""
    where, credentials = identity.config.master, identity.credentials(Role.SLAVE, name)
    connection = await connect(where.host, where.port, credentials, Recorder())
    try:
        yield connection
    finally:
        connection.close()
        await connection.lost.wait()


async def refusal(connection: Connection, question: Message) -> str:
    with pytest.raises(Rejected) as caught:
        await connection.request(question)
    return str(caught.value)


def test_a_stranger_gets_no_answer_and_is_not_cut(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with running(identity) as cluster, connected(identity, STRANGER) as stranger:
            before = cluster.master.machine.topology
            for question in QUESTIONS:
                words = "slave-7 doesn't belong to this cluster"
                assert await refusal(stranger, question) == words
            assert cluster.master.machine.topology == before
            assert not stranger.lost.is_set()

    asyncio.run(scene())


def test_a_slave_gives_no_orders_and_reads_what_copies_need(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with running(identity) as cluster, connected(identity, "slave-0") as slave:
            for order in (Reshard(8), RemoveSlave("slave-1")):
                words = f"slave-0 may not ask for {type(order).__name__}"
                assert await refusal(slave, order) == words
            head = cluster.master.machine.head
            hashes = await slave.request(ReadRootHashes(head.number, head.number))
            assert hashes == RootHashes([head.hash])

    asyncio.run(scene())


def test_what_a_stranger_says_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with running(identity) as cluster, connected(identity, STRANGER) as stranger:
            heard: list[object] = []
            monkeypatch.setattr(cluster.master.driver, "step", heard.append)
            monkeypatch.setattr(
                cluster.master.moves, "hear", lambda _, report: heard.append(report)
            )
            said = HasWork(ShardId(0), 7, Work.READY), Arrived(ShardId(0), MoveId(1, 1))
            for message in said:
                stranger.notify(message)
            await refusal(stranger, Follow())  # by then the master has read all
            assert not set(said) & set(heard)
            async with connected(identity, "slave-0") as slave:
                for message in said:
                    slave.notify(message)
                await until(lambda: set(said) <= set(heard))

    asyncio.run(scene())


def test_strangers_are_few_and_of_one_name_the_last_stays(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with running(identity) as cluster, AsyncExitStack() as stack:
            strangers = [
                await stack.enter_async_context(connected(identity, f"stranger-{number}"))
                for number in range(STRANGE_SLAVES_MAX)
            ]
            await until(lambda: len(cluster.master._strangers) == STRANGE_SLAVES_MAX)
            async with connected(identity, STRANGER) as too_many, asyncio.timeout(5):
                await too_many.lost.wait()
            again = await stack.enter_async_context(connected(identity, "stranger-3"))
            async with asyncio.timeout(5):
                await strangers[3].lost.wait()
            open_ones = [one for one in (*strangers, again) if not one.lost.is_set()]
            assert len(open_ones) == STRANGE_SLAVES_MAX

    asyncio.run(scene())
