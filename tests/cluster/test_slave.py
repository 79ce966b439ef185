"""A shard that is corrupt stays down alone, and nothing that it may hold is called unknown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cluster.identity import load_identity
from cluster.layout import DataDirectory
from cluster.leveldb import LevelDBStore
from cluster.slave import Slave
from quarkparsec.errors import Unavailable
from quarkparsec.shard.states import Idle
from quarkparsec.state.tables import SCHEMA_KEY
from quarkparsec.types import Hash32
from quarkparsec.wire.queries import FindTransaction
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
        with pytest.raises(Unavailable, match="doesn't hold shard 0"):
            await slave.answer(None, FindTransaction(Hash32(bytes(32))))  # type: ignore[arg-type]
        slave.close()

    asyncio.run(scene())
