"""A copied database is compared with the state root that the root chain names, in a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cluster.leveldb import LevelDBStore
from cluster.verification import verify
from quarkparsec.errors import Corrupt
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.state.tables import ACCOUNT, ACCOUNT_NODE
from quarkparsec.store import prefix_stop
from quarkparsec.types import Hash32, ShardId
from tests.simulation.scenery import genesis_of

GENESIS = genesis_of(1, 0, 0)


def make(path: Path) -> Hash32:
    """A database of block 0; its state root."""
    store = LevelDBStore(path)
    root = open_shard(store, GENESIS, ShardId(0)).root
    store.close()
    return root


def first(store: LevelDBStore, table: bytes) -> tuple[bytes, bytes]:
    return next(store.scan(table, prefix_stop(table)))


def test_a_database_that_is_right_passes(tmp_path: Path) -> None:
    root = make(tmp_path / "copy")
    asyncio.run(verify(tmp_path / "copy", root))


@pytest.mark.parametrize("table", [ACCOUNT, ACCOUNT_NODE])
def test_a_row_too_few_is_found(tmp_path: Path, table: bytes) -> None:
    root = make(tmp_path / "copy")
    store = LevelDBStore(tmp_path / "copy")
    key, _ = first(store, table)
    store.write({key: None}, sync=True)
    store.close()
    with pytest.raises(Corrupt, match="trie node"):
        asyncio.run(verify(tmp_path / "copy", root))


def test_another_state_is_found(tmp_path: Path) -> None:
    make(tmp_path / "copy")
    with pytest.raises(Corrupt, match="the accounts give state root"):
        asyncio.run(verify(tmp_path / "copy", Hash32(b"\x01" * 32)))


def test_the_process_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    root = make(tmp_path / "copy")

    async def scene() -> None:
        waiting = asyncio.create_task(verify(tmp_path / "copy", root))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(scene())
    LevelDBStore(tmp_path / "copy").close()  # nobody has it open
