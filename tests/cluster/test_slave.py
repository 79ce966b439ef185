"""A shard that is corrupt stays down alone, and nothing that it may hold is called unknown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cluster import shard_host as shard_host_module
from cluster.identity import load_identity
from cluster.layout import DataDirectory
from cluster.leveldb import LevelDBStore
from cluster.slave import Slave
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Unavailable
from quarkparsec.shard.states import Idle
from quarkparsec.state.tables import SCHEMA_KEY
from quarkparsec.types import Epoch, Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.envelope import Message
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
from tests.cluster.one_loop import ALICE, CAROL, make_identity, transfer
from tests.cluster.test_layout import ORDINARY


def test_a_corrupt_shard_stays_down_and_its_transactions_are_not_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = DataDirectory(tmp_path)
    directory.prepare(ORDINARY)
    damaged = LevelDBStore(tmp_path / "slave-0" / "shard-0000")
    damaged.write({SCHEMA_KEY: b"another"}, sync=True)
    damaged.close()

    async def scene() -> None:
        slave = Slave(load_identity(directory.config), "slave-0")
        assert list(slave.hosts) == [2]
        monkeypatch.setattr(slave.hosts[2].machine, "_state", Idle())
        for ask in (FindTransaction, FindStatus):
            with pytest.raises(Unavailable, match="doesn't hold shard 0"):
                await slave.answer(None, ask(bytes(32), 0))  # type: ignore[arg-type]
        slave.close()

    asyncio.run(scene())


def test_a_search_says_how_far_the_shards_are_and_waits_for_them_if_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_host_module, "CATCH_UP_TIMEOUT_MS", 20)
    nowhere = bytes(32)

    async def scene() -> None:
        slave = Slave(make_identity(tmp_path), "slave-0")
        for host, epoch in zip(slave.hosts.values(), (5, 3), strict=True):
            head = host.machine.root_head._replace(epoch=Epoch(epoch))
            monkeypatch.setattr(host.machine, "_root_head", head)
            monkeypatch.setattr(host.machine, "_state", Idle())
        for epoch in (0, 3):
            assert await search(slave, nowhere, epoch) == Search(None, lowest=3, highest=5)
        with pytest.raises(Unavailable, match="shard 2 is catching up"):
            await search(slave, nowhere, 4)
        slave.close()

    asyncio.run(scene())


def test_a_transaction_that_came_in_has_a_status_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = [transfer(ALICE, CAROL, nonce) for nonce in (0, 2, 0)]
    sender = recipient_of(ALICE)
    submissions = [Submission(2, raw, sender, 0, False) for raw in raws]

    async def scene() -> None:
        slave = Slave(make_identity(tmp_path), "slave-0")
        for host in slave.hosts.values():
            monkeypatch.setattr(host.machine, "_state", Idle())
        admitted = await slave.answer(None, Admit(submissions))  # type: ignore[arg-type]
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
    answer = await slave.answer(None, FindStatus(transaction_hash, 0))  # type: ignore[arg-type]
    assert isinstance(answer, StatusSearch)
    assert (answer.lowest, answer.highest) == (0, 0)
    return answer.found


async def search(slave: Slave, transaction_hash: bytes, epoch: int) -> Message:
    query = FindTransaction(transaction_hash, epoch)
    return await slave.answer(None, query)  # type: ignore[arg-type]
