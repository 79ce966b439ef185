"""Slaves join and leave; one that doesn't fit is refused in clear words, and nothing has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from cluster.bus import Credentials, listen
from cluster.config import SlaveConfig
from cluster.exit_status import Removed
from cluster.identity import Identity
from cluster.slave import run_slave
from quarkparsec.errors import QuarkparsecError, Rejected, Unavailable
from quarkparsec.types import Hash32
from quarkparsec.wire import session
from quarkparsec.wire.operations import AddSlave, MoveShard, ReadMoves, RemoveSlave
from quarkparsec.wire.session import Peer, Role
from tests.cluster.free_port import free_port
from tests.cluster.moving_cluster import MovingCluster, running, until
from tests.cluster.one_loop import make_identity
from tests.cluster.test_bus import Recorder

NEW = "slave-2"


def with_newcomer(identity: Identity) -> tuple[Identity, AddSlave]:
    """What a third slave reads in its cluster.json, and what makes it known."""
    place = SlaveConfig(NEW, "127.0.0.1", free_port())
    slaves = [*identity.config.slaves, place]
    config = msgspec.structs.replace(identity.config, slaves=slaves)
    return identity._replace(config=config), AddSlave(NEW, place.host, place.port)


@asynccontextmanager
async def newcomer(identity: Identity) -> AsyncIterator[asyncio.Task[None]]:
    """A third slave at work."""
    stop = asyncio.Event()
    process = asyncio.create_task(run_slave(identity, NEW, stop))
    try:
        yield process
    finally:
        stop.set()
        await asyncio.gather(process, return_exceptions=True)


def names(cluster: MovingCluster) -> list[str]:
    return [slave.name for slave in cluster.master.machine.topology.slaves]


def test_a_slave_joins_takes_a_shard_and_leaves_again(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path, min_epoch_ms=20)
        theirs, joins = with_newcomer(identity)
        async with running(identity) as cluster, newcomer(theirs) as process:
            moves = cluster.master.moves
            async with asyncio.timeout(10):
                while NEW not in names(cluster):
                    await asyncio.gather(moves.answer(joins), return_exceptions=True)
                    await asyncio.sleep(0.02)
            await until(lambda: cluster.router.slaves.is_connected(NEW))
            assert await cluster.move(2, NEW) == ""
            await moves.answer(RemoveSlave(NEW))
            await until(lambda: NEW not in names(cluster))
            assert NEW not in cluster.holders
            with pytest.raises(Removed, match="slave-2 was removed from the cluster"):
                await process

    asyncio.run(scene())


async def refusal(cluster: MovingCluster, operation: AddSlave) -> QuarkparsecError:
    """Why a slave can't join; who is where stays as it was."""
    before = cluster.master.machine.topology
    with pytest.raises((Rejected, Unavailable)) as caught:
        await cluster.master.moves.answer(operation)
    assert cluster.master.machine.topology == before
    error = caught.value
    assert isinstance(error, QuarkparsecError)
    return error


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("genesis", "the peer has another genesis"),
        ("secret", "the peer doesn't know the cluster's secret"),
        ("version", "the peer speaks version 1, this process 2"),
        ("name", "slave-7 is at 127.0.0.1"),
        ("role", "slave-2 is at 127.0.0.1"),
        ("absent", "nobody answers at 127.0.0.1"),
    ],
)
def test_one_that_doesnt_fit_is_refused_in_clear_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flaw: str, words: str
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        port = free_port()
        me = Peer(
            Role.GATEWAY if flaw == "role" else Role.SLAVE, "slave-7" if flaw == "name" else NEW
        )
        secret = bytes(32) if flaw == "secret" else identity.secret
        genesis = Hash32(bytes(32)) if flaw == "genesis" else identity.genesis.hash
        async with running(identity) as cluster:
            credentials = Credentials(me, secret, genesis)
            if flaw == "version":
                old = credentials.session(initiator=False)
                hello = old.bytes_to_send()
                at = hello.index(session.MAGIC) + len(session.MAGIC)
                old._outgoing = bytearray(hello[:at] + b"\x00\x01" + hello[at + 2 :])
                monkeypatch.setattr(credentials, "session", lambda **_: old)
            if flaw != "absent":
                server = await listen("127.0.0.1", port, credentials, Recorder())
            assert words in str(await refusal(cluster, AddSlave(NEW, "127.0.0.1", port)))
            if flaw != "absent":
                server.close()

    asyncio.run(scene())


def test_a_name_or_place_that_is_taken_is_refused_before_anybody_is_called(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        taken = identity.config.slaves[0]
        async with running(identity) as cluster:
            known = await refusal(cluster, AddSlave(taken.name, "127.0.0.1", 1))
            assert str(known) == "there is a slave slave-0 already"
            place = await refusal(cluster, AddSlave(NEW, taken.host, taken.port))
            assert "another slave listens on" in str(place)

    asyncio.run(scene())


def test_a_slave_that_nobody_added_waits_and_holds_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        theirs, _ = with_newcomer(identity)
        async with running(identity) as cluster, newcomer(theirs) as process:
            await until(lambda: NEW in cluster.master._strangers)
            with pytest.raises(Rejected, match="there is no slave slave-2; admin_addSlave"):
                await cluster.master.moves.answer(MoveShard(2, NEW))  # type: ignore[arg-type]
            assert not process.done()
            assert (await cluster.master.moves.answer(ReadMoves())).moves == []

    asyncio.run(scene())
