"""A slave holds what the topology gives it; a shard that is corrupt stays down alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cluster import shard_host as shard_host_module
from cluster.identity import Identity
from cluster.leveldb import LevelDBStore
from cluster.slave import Slave
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.root.topology import first_topology
from quarkparsec.shard.states import Idle
from quarkparsec.state.tables import SCHEMA_KEY
from quarkparsec.types import Epoch, ShardId, Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.copies import ReadPool
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import Round
from quarkparsec.wire.lanes import LaneMessages, Prepare
from quarkparsec.wire.moves import MoveId
from quarkparsec.wire.queries import (
    Admit,
    Admitted,
    FindStatus,
    FindTransaction,
    FoundStatus,
    Search,
    StatusSearch,
    Submission,
)
from quarkparsec.wire.session import Peer, Role
from tests.cluster.one_loop import ALICE, CAROL, make_identity, transfer

NOWHERE = bytes(32)


class Asker(NamedTuple):
    """A connection, as far as a slave looks at it."""

    peer: Peer


GATEWAY: Any = Asker(Peer(Role.GATEWAY, "gateway"))
FELLOW: Any = Asker(Peer(Role.SLAVE, "slave-1"))
STRANGER: Any = Asker(Peer(Role.SLAVE, "slave-7"))


def open_slave(identity: Identity) -> Slave:
    """The first one of a new chain, as soon as the master has said what it holds."""
    slave = Slave(identity, "slave-0")
    slave.follow(first_topology(identity.config.places(), identity.genesis.shard_count))
    return slave


async def search(slave: Slave, transaction_hash: bytes, epoch: int) -> Message:
    query = FindTransaction(transaction_hash, epoch)
    return await slave.answer(GATEWAY, query)


def test_a_slave_opens_what_it_was_given_last_before_the_master_is_back(tmp_path: Path) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        slave = Slave(identity, "slave-0")
        slave.start()
        assert slave.holdings.hosts == {}
        with pytest.raises(Unavailable, match="doesn't know yet which shards"):
            await search(slave, NOWHERE, 0)
        slave.close()
        open_slave(identity).close()
        again = Slave(identity, "slave-0")
        again.start()
        assert list(again.holdings.hosts) == [0, 2]
        again.close()

    asyncio.run(scene())


def test_a_corrupt_shard_stays_down_and_its_transactions_are_not_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        identity = make_identity(tmp_path)
        damaged = LevelDBStore(tmp_path / "slave-0" / "shard-0000")
        damaged.write({SCHEMA_KEY: b"another"}, sync=True)
        damaged.close()
        slave = open_slave(identity)
        assert list(slave.holdings.hosts) == [2]
        monkeypatch.setattr(slave.holdings.hosts[ShardId(2)].machine, "_state", Idle())
        for ask in (FindTransaction, FindStatus):
            with pytest.raises(Unavailable, match="shard 0 stays down"):
                await slave.answer(GATEWAY, ask(NOWHERE, 0))
        slave.close()

    asyncio.run(scene())


def test_a_search_says_how_far_the_shards_are_and_waits_for_them_if_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_host_module, "CATCH_UP_TIMEOUT_MS", 20)

    async def scene() -> None:
        slave = open_slave(make_identity(tmp_path))
        for host, epoch in zip(slave.holdings.hosts.values(), (5, 3), strict=True):
            head = host.machine.root_head._replace(epoch=Epoch(epoch))
            monkeypatch.setattr(host.machine._chain, "root_head", head)
            monkeypatch.setattr(host.machine, "_state", Idle())
        for epoch in (0, 3):
            assert await search(slave, NOWHERE, epoch) == Search(
                None, lowest=3, highest=5, topology=1
            )
        with pytest.raises(Unavailable, match="shard 2 is catching up"):
            await search(slave, NOWHERE, 4)
        slave.close()

    asyncio.run(scene())


def test_a_transaction_that_came_in_has_a_status_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = [transfer(ALICE, CAROL, nonce) for nonce in (0, 2, 0)]
    sender = recipient_of(ALICE)
    submissions = [Submission(2, raw, sender, 0, False) for raw in raws]

    async def scene() -> None:
        slave = open_slave(make_identity(tmp_path))
        for host in slave.holdings.hosts.values():
            monkeypatch.setattr(host.machine, "_state", Idle())
        admitted = await slave.answer(GATEWAY, Admit(4, submissions))
        first, later, _ = map(keccak, raws)
        ack = TransactionAck((first, later), Epoch(1), 0, 2, Stage.ADMITTED)
        assert admitted == Admitted(["", "", "already known"], [ack])
        assert await status(slave, first) == FoundStatus(2, Stage.ADMITTED, Epoch(1))
        queued = FoundStatus(2, Stage.ADMITTED, Epoch(1), is_queued=True)
        assert await status(slave, later) == queued
        assert await status(slave, bytes(32)) is None
        slave.close()

    asyncio.run(scene())


async def status(slave: Slave, transaction_hash: bytes) -> FoundStatus | None:
    answer = await slave.answer(GATEWAY, FindStatus(transaction_hash, 0))
    assert isinstance(answer, StatusSearch)
    assert (answer.lowest, answer.highest) == (0, 0)
    return answer.found


def test_a_half_that_another_slave_holds_is_not_made_again(tmp_path: Path) -> None:
    async def scene() -> None:
        slave = open_slave(make_identity(tmp_path))
        elsewhere = [slave.holdings.is_elsewhere(ShardId(shard)) for shard in (1, 2, 4)]
        assert elsewhere == [True, False, False]  # nobody has said yet who holds shard 4
        slave.close()

    asyncio.run(scene())


LANE = LaneMessages(ShardId(1), ShardId(0), Round(Epoch(1), 1, 0), 2, (Prepare(0, 0),))
COPY = ReadPool(ShardId(0), MoveId(1, 1), 0)


def test_a_stranger_is_cut_and_neither_heard_nor_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        slave = open_slave(make_identity(tmp_path))
        heard: list[object] = []
        monkeypatch.setattr(slave.holdings.hosts[ShardId(0)].driver, "step", heard.append)
        slave.notice(FELLOW, LANE)
        assert heard == [LANE]
        words = "slave-7 doesn't belong to this cluster"
        with pytest.raises(Rejected, match=words):
            await slave.opened(STRANGER)
        with pytest.raises(Rejected, match=words):  # it may be quicker than `opened`
            slave.notice(STRANGER, LANE)
        for question in (COPY, FindTransaction(NOWHERE, 0), Admit(4, [])):
            with pytest.raises(Rejected, match=words):
                await slave.answer(STRANGER, question)
        assert heard == [LANE]
        slave.close()

    asyncio.run(scene())


def test_a_slave_is_asked_by_another_one_for_copies_only(tmp_path: Path) -> None:
    async def scene() -> None:
        slave = open_slave(make_identity(tmp_path))
        with pytest.raises(Unavailable):  # nothing is being copied
            await slave.answer(FELLOW, COPY)
        with pytest.raises(Rejected, match="slave-1 may not ask for Admit"):
            await slave.answer(FELLOW, Admit(4, []))
        slave.close()

    asyncio.run(scene())
