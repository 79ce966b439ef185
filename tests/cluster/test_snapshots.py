"""What a slave answers to one who copies a shard."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cluster.snapshots import Snapshots
from quarkparsec.root.genesis_block import genesis_root_block
from quarkparsec.root.members import Member
from quarkparsec.root.orders import welcome_order
from quarkparsec.shard.following import Follower
from quarkparsec.store import MemoryStore
from quarkparsec.wire.copies import ReadRows, Rows, unpack_rows
from quarkparsec.wire.epoch import Join, Welcome
from quarkparsec.wire.moves import MoveId
from tests.cluster.test_shard_host import GENESIS, SHARD, join_of, open_host


def welcome(join: Join) -> Welcome:
    """To a chain that has only its genesis block."""
    root = genesis_root_block(GENESIS)
    return welcome_order(root, [root.hash], 1, Member(SHARD, join.visit))


def test_a_shard_that_the_master_has_not_welcomed_yet_is_not_copied_before(tmp_path: Path) -> None:
    """Its database doesn't say yet where on the root chain it is, so nobody could follow it from there."""

    async def scene() -> Rows:
        host, said = open_host(tmp_path)
        join = await join_of(host, said)
        snapshots = Snapshots()
        question = ReadRows(SHARD, MoveId(1, 1), b"")
        answering = asyncio.create_task(snapshots.answer(host, question))
        await asyncio.sleep(0.05)
        assert not answering.done()
        host.driver.step(welcome(join))
        rows = await asyncio.wait_for(answering, 5)
        snapshots.close()
        host.close()
        assert isinstance(rows, Rows)
        return rows

    copied = MemoryStore()
    copied.write(dict(unpack_rows(asyncio.run(scene()).packed)), sync=True)
    assert Follower(GENESIS, SHARD, copied).root.epoch == 0
