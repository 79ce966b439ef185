"""A transaction that moves from a pool into another shard's block is never lost from sight.

The slaves here are scripted, for what they say depends on which of them has committed an epoch already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from cluster.bus import listen
from cluster.identity import Identity
from cluster.master import run_master
from cluster.router import Router, Target
from cluster.transaction_search import TransactionSearch
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import Unavailable
from quarkparsec.types import Epoch, Fingerprint, Hash32, ShardKey, Stage
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import (
    FindStatus,
    FindTransaction,
    FoundStatus,
    FoundTransaction,
    Search,
    StatusSearch,
)
from quarkparsec.wire.session import Role
from tests.cluster.one_loop import ALICE, CAROL, make_identity, settled, transfer, until_connected
from tests.cluster.test_bus import Recorder

Found = TypeVar("Found")

CALL = decode_transaction(transfer(ALICE, CAROL))
WAITING = FoundTransaction(2, 0, 0, 0, b"entry", b"")
MINED = FoundTransaction(1, 5, 0, 0, b"entry", b"receipt")


ADMITTED = FoundStatus(2, Stage.ADMITTED, Epoch(5))
EXECUTED = FoundStatus(1, Stage.EXECUTED, Epoch(5), Fingerprint(Epoch(5), 2, 1))
COMMITTED = FoundStatus(1, Stage.COMMITTED, Epoch(5), Fingerprint(Epoch(5), 2, 1))


class Committing(Recorder):
    """A slave that has come to `epoch`, and sees `found` from epoch `since` on."""

    def __init__(
        self, epoch: int, found: FoundTransaction | FoundStatus | None = None, since: int = 0
    ) -> None:
        super().__init__(self._search)
        self.epoch = epoch
        self.found = found
        self.since = since
        self.asked: list[int] = []
        self.version = 1
        """Of the topology that it knows."""

    async def _search(self, message: Message) -> Message:
        assert isinstance(message, FindTransaction | FindStatus)
        self.asked.append(message.epoch)
        self.epoch = max(self.epoch, message.epoch)
        found = self.found if self.epoch >= self.since else None
        if isinstance(found, FoundStatus) or isinstance(message, FindStatus):
            assert not isinstance(found, FoundTransaction)
            return StatusSearch(found, self.epoch, self.epoch, self.version)
        return Search(found, self.epoch, self.epoch, self.version)


@asynccontextmanager
async def searching(
    identity: Identity, *slaves: Recorder | None
) -> AsyncIterator[tuple[TransactionSearch, Router]]:
    """A gateway's search among scripted slaves; None stands for one that is down."""
    stop = asyncio.Event()
    router = Router(identity, identity.credentials(Role.GATEWAY, "gateway"))
    tasks = [asyncio.create_task(run_master(identity, stop)), asyncio.create_task(router.run())]
    async with AsyncExitStack() as servers:
        for config, slave in zip(identity.config.slaves, slaves, strict=True):
            if slave is not None:
                credentials = identity.credentials(Role.SLAVE, config.name)
                server = await listen(config.host, config.port, credentials, slave)
                servers.callback(server.close)
        up = [
            config.name
            for config, slave in zip(identity.config.slaves, slaves, strict=True)
            if slave is not None
        ]
        await until_connected(router, up)
        yield TransactionSearch(router), router
        stop.set()
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settled()


def find(
    folder: Path, *slaves: Recorder | None, remembered: bool = False
) -> FoundTransaction | None:
    """Look for CALL once, in a gateway that may have admitted it."""

    return asyncio.run(_search(TransactionSearch.find, folder, *slaves, remembered=remembered))


def find_status(
    folder: Path, *slaves: Recorder | None, remembered: bool = False
) -> FoundStatus | None:
    """The same for how far it has come."""
    look = TransactionSearch.find_status
    return asyncio.run(_search(look, folder, *slaves, remembered=remembered))


async def _search(
    look: Callable[[TransactionSearch, Hash32], Awaitable[Found]],
    folder: Path,
    *slaves: Recorder | None,
    remembered: bool,
) -> Found:
    async with searching(make_identity(folder), *slaves) as (search, router):
        if remembered:
            router.remember(CALL, Target(ShardKey(1), runs_code=True))
        return await look(search, CALL.hash)


def test_a_block_that_the_other_shard_has_not_committed_yet_is_waited_for(tmp_path: Path) -> None:
    home, target = Committing(5), Committing(4, MINED, since=5)
    assert find(tmp_path, home, target) == MINED
    assert (home.asked, target.asked) == ([0], [0, 5])


def test_nobody_is_asked_twice_for_what_is_unknown_when_all_are_equally_far(
    tmp_path: Path,
) -> None:
    slaves = Committing(5), Committing(5)
    assert find(tmp_path, *slaves) is None
    assert [slave.asked for slave in slaves] == [[0], [0]]


def test_what_is_unknown_is_so_only_after_the_slower_ones_have_come_as_far(
    tmp_path: Path,
) -> None:
    slaves = Committing(5), Committing(7)
    assert find(tmp_path, *slaves) is None
    assert [slave.asked for slave in slaves] == [[0, 7], [0]]


def test_it_is_looked_for_first_where_it_was_admitted_and_then_where_it_goes(
    tmp_path: Path,
) -> None:
    home, target = Committing(5, WAITING), Committing(5)
    assert find(tmp_path / "waiting", home, target, remembered=True) == WAITING
    assert target.asked == []
    home, target = Committing(5), Committing(5, MINED)
    assert find(tmp_path / "mined", home, target, remembered=True) == MINED
    assert home.asked == [0]


def test_one_that_is_away_hides_nothing_that_another_has(tmp_path: Path) -> None:
    for remembered in (False, True):
        folder = tmp_path / str(remembered)
        assert find(folder, None, Committing(5, MINED), remembered=remembered) == MINED


def test_what_one_that_is_away_may_have_is_not_unknown(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="slave-0 can't be reached"):
        find(tmp_path, None, Committing(5))


# --- how far it has come


def test_the_executing_shard_knows_better_than_the_senders(tmp_path: Path) -> None:
    home, target = Committing(5, ADMITTED), Committing(5, EXECUTED)
    for remembered in (False, True):
        folder = tmp_path / str(remembered)
        assert find_status(folder, home, target, remembered=remembered) == EXECUTED


def test_what_is_committed_is_asked_of_nobody_else(tmp_path: Path) -> None:
    home, target = Committing(5, COMMITTED), Committing(5)
    assert find_status(tmp_path, home, target, remembered=True) == COMMITTED
    assert target.asked == []


def test_where_it_goes_may_be_away_while_its_senders_shard_answers(tmp_path: Path) -> None:
    for remembered in (False, True):
        folder = tmp_path / str(remembered)
        assert find_status(folder, Committing(5, ADMITTED), None, remembered=remembered) == (
            ADMITTED
        )


def test_a_status_is_unknown_only_after_the_slower_ones_have_come_as_far(tmp_path: Path) -> None:
    slaves = Committing(5), Committing(4, COMMITTED, since=5)
    assert find_status(tmp_path, *slaves) == COMMITTED
    assert (len(slaves[0].asked), slaves[1].asked[1:]) == (1, [5])
