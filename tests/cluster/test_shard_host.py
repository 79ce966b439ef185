"""One shard on a real database: what it holds, what it admits, who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from cluster import shard_host as shard_host_module
from cluster.leveldb import LevelDBStore
from cluster.shard_host import ShardHost
from quarkparsec.chain.genesis import Genesis, parse_genesis
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.errors import Corrupt, Rejected, Unavailable
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.events import HandOver
from quarkparsec.types import ShardId, home_key
from quarkparsec.wire.epoch import FromShard, Join
from quarkparsec.wire.lanes import LaneMessages
from tests.attacks.forging import typed
from tests.cluster.one_loop import ALICE, BOB, transfer
from tests.cluster.test_layout import DEVNET

GENESIS = parse_genesis(DEVNET.read_bytes())
SHARD = ShardId(2)
HOME = home_key(recipient_of(BOB))


class Alone:
    """A slave with one shard, that isn't split."""

    def is_elsewhere(self, shard_id: ShardId) -> bool:
        raise AssertionError(shard_id)

    def half_stands(self, shard_id: ShardId) -> None:
        raise AssertionError(shard_id)

    def hand_over(self, effect: HandOver) -> None:
        raise AssertionError(effect)


def open_host(
    path: Path, genesis: Genesis = GENESIS
) -> tuple[ShardHost, list[FromShard | LaneMessages]]:
    """A host, and what it says to the master and to other shards."""
    said: list[FromShard | LaneMessages] = []
    return ShardHost(genesis, SHARD, LevelDBStore(path), said.append, Alone()), said


async def join_of(host: ShardHost, said: Sequence[object]) -> Join:
    """What a shard asks the master when it comes up."""
    host.driver.start()
    async with asyncio.timeout(5):
        while not said:  # noqa: ASYNC110 - the master isn't here to be told
            await asyncio.sleep(0.005)
    assert isinstance(said[0], Join)
    return said[0]


def test_a_new_shard_holds_what_genesis_gave_it(tmp_path: Path) -> None:
    async def scene() -> None:
        host, _ = open_host(tmp_path)
        account = host.state.view().account(recipient_of(ALICE))
        assert account is not None
        assert account.balance == GENESIS.alloc[recipient_of(ALICE)].balance
        await host.reached(0)
        host.close()

    asyncio.run(scene())


def test_a_shard_that_comes_up_asks_to_join(tmp_path: Path) -> None:
    async def scene() -> None:
        host, said = open_host(tmp_path)
        join = await join_of(host, said)
        assert (join.shard_id, join.genesis_hash) == (SHARD, GENESIS.hash)
        host.close()

    asyncio.run(scene())


def test_a_reopened_shard_is_the_same(tmp_path: Path) -> None:
    async def scene() -> None:
        first, _ = open_host(tmp_path)
        root = first.state.root
        first.close()
        second, _ = open_host(tmp_path)
        assert second.state.root == root
        second.close()

    asyncio.run(scene())


def test_a_database_in_use_is_unavailable(tmp_path: Path) -> None:
    async def scene() -> None:
        first, _ = open_host(tmp_path)
        with pytest.raises(Unavailable):
            open_host(tmp_path)
        first.close()

    asyncio.run(scene())


def test_another_chains_database_is_corrupt(tmp_path: Path) -> None:
    async def scene() -> None:
        host, _ = open_host(tmp_path)
        host.close()
        other = msgspec.structs.replace(GENESIS, timestamp=GENESIS.timestamp + 1)
        with pytest.raises(Corrupt):
            open_host(tmp_path, other)

    asyncio.run(scene())


def test_a_good_transaction_waits_in_the_pool_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        host, _ = open_host(tmp_path)
        good = decode_transaction(transfer(ALICE, BOB))
        host.admit(Candidate(good, HOME, False))
        assert host.machine.pool.find(good.hash) is not None
        for raw, words in ((transfer(ALICE, BOB), "known"), (typed(gas=1), "intrinsic gas")):
            with pytest.raises(Rejected, match=words):
                host.admit(Candidate(decode_transaction(raw), HOME, False))
        assert not host.driver.failed.done()
        host.close()

    asyncio.run(scene())


def test_who_waits_for_a_block_in_vain_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_host_module, "CATCH_UP_TIMEOUT_MS", 20)

    async def scene() -> None:
        host, _ = open_host(tmp_path)
        for waits in (host.reached(1), host.caught_up()):
            with pytest.raises(Unavailable, match="shard 2 is catching up"):
                await waits
        host.close()

    asyncio.run(scene())
