"""What the shards of two slaves say to each other arrives over real sockets; what nobody may say is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from cluster.bus import Connection, connect, listen
from cluster.identity import Identity
from cluster.slave import Slave
from quarkparsec.limits import FRAME_BYTES_MAX, LANE_ITEMS_MAX, TRANSACTION_BYTES_MAX
from quarkparsec.root.topology import first_topology
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import Round
from quarkparsec.wire.lanes import Execute, LaneMessages, Prepare
from quarkparsec.wire.session import Role
from tests.cluster.one_loop import make_identity
from tests.cluster.test_bus import Recorder

ROUND: Final = Round(Epoch(3), 1, 0)
PATIENCE_S: Final = 5


def message(source: int, destination: int, number: int = 0) -> LaneMessages:
    """Shard `source` prepares ticket `number` at shard `destination`."""
    items = (Prepare(number, 0),)
    return LaneMessages(ShardId(source), ShardId(destination), ROUND, 2, items)


class Leaving(Slave):
    """A slave that cuts its connections when it goes, as the end of a process would."""

    def __init__(self, identity: Identity, name: str) -> None:
        super().__init__(identity, name)
        self._met: Final[list[Connection]] = []

    async def opened(self, connection: Connection) -> None:
        self._met.append(connection)
        await super().opened(connection)

    def close(self) -> None:
        for connection in self._met:
            connection.close()
        super().close()


@asynccontextmanager
async def slave_with_ears(
    identity: Identity, name: str, patch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Slave, list[LaneMessages]]]:
    """A slave that listens and reaches out to the others, and what its shards hear."""
    config = identity.config.slave(name)
    slave, heard = Leaving(identity, name), list[LaneMessages]()

    def hear(event: object) -> None:
        if isinstance(event, LaneMessages):  # and not what its own start brings
            heard.append(event)

    slave.follow(first_topology(identity.config.places(), identity.genesis.shard_count))
    for host in slave.holdings.hosts.values():
        patch.setattr(host.driver, "step", hear)
    credentials = identity.credentials(Role.SLAVE, name)
    server = await listen(config.host, config.port, credentials, slave)
    try:
        yield slave, heard
    finally:
        server.close()
        slave.close()


async def say_until_heard(speaker: Slave, said: LaneMessages, heard: list[LaneMessages]) -> None:
    """What is said before the link is up is lost; so say it again, as machines do."""
    async with asyncio.timeout(PATIENCE_S):
        while said not in heard:
            speaker.lanes.send(said)
            await asyncio.sleep(0.01)


def test_shards_of_two_slaves_hear_each_other_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with (
            slave_with_ears(identity, "slave-0", monkeypatch) as (zero, heard_by_zero),
            slave_with_ears(identity, "slave-1", monkeypatch) as (one, heard_by_one),
        ):
            await say_until_heard(zero, message(2, 1), heard_by_one)
            await say_until_heard(one, message(3, 0), heard_by_zero)
            many = [message(2, 1 + 2 * (number % 2), number) for number in range(1, 200)]
            for each in many:
                zero.lanes.send(each)
            await say_until_heard(zero, message(0, 1, 1_000), heard_by_one)
            assert [each for each in heard_by_one if each in many] == many
            assert set(map(str, heard_by_zero)) == {str(message(3, 0))}

    asyncio.run(scene())


def test_two_shards_of_one_slave_hear_each_other_but_not_within_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with slave_with_ears(make_identity(tmp_path), "slave-0", monkeypatch) as (
            slave,
            heard,
        ):
            slave.lanes.send(message(0, 2, 1))
            slave.lanes.send(message(2, 0, 2))
            assert heard == []
            await asyncio.sleep(0)
            assert heard == [message(0, 2, 1), message(2, 0, 2)]

    asyncio.run(scene())


def test_what_is_said_to_a_slave_that_is_away_is_lost_and_later_words_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with slave_with_ears(identity, "slave-0", monkeypatch) as (zero, _):
            zero.lanes.send(message(0, 1, 1))
            for number in (2, 3):  # the second time after it was there and went away
                async with slave_with_ears(identity, "slave-1", monkeypatch) as (_, heard):
                    await say_until_heard(zero, message(0, 1, number), heard)
                    assert message(0, 1, 1) not in heard

    asyncio.run(scene())


def test_more_than_a_frame_holds_arrives_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = bytes(TRANSACTION_BYTES_MAX)
    count = FRAME_BYTES_MAX // TRANSACTION_BYTES_MAX + 1
    items = tuple(Execute(n, 0, 0, raw, bytes(20), 0, None, ()) for n in range(count))

    async def scene() -> None:
        identity = make_identity(tmp_path)
        async with (
            slave_with_ears(identity, "slave-0", monkeypatch) as (zero, _),
            slave_with_ears(identity, "slave-1", monkeypatch) as (_, heard),
        ):
            await say_until_heard(zero, message(0, 1, 1), heard)
            zero.lanes.send(LaneMessages(ShardId(0), ShardId(1), ROUND, 2, items))
            await say_until_heard(zero, message(0, 1, 2), heard)
            assert all(len(part.items) <= LANE_ITEMS_MAX for part in heard)
            executes = [one for part in heard for one in part.items if isinstance(one, Execute)]
            assert [one.ticket for one in executes] == list(range(count))

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("role", "name", "said"),
    [
        (Role.GATEWAY, "slave-1", message(1, 0)),
        (Role.MASTER, "master", message(1, 0)),
    ],
    ids=["gateway", "master"],
)
def test_who_says_what_it_may_not_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role, name: str, said: LaneMessages
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        where = identity.config.slave("slave-0")
        async with slave_with_ears(identity, "slave-0", monkeypatch) as (_, heard):
            credentials = identity.credentials(role, name)
            connection = await connect(where.host, where.port, credentials, Recorder())
            connection.notify(said)
            async with asyncio.timeout(PATIENCE_S):
                await connection.lost.wait()
            assert heard == []

    asyncio.run(scene())
