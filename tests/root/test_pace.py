"""When the next epoch opens, and for whom."""

from __future__ import annotations

from dataclasses import replace

from quarkparsec.chain.block import SWEEP_BEGINS, RootBlock
from quarkparsec.limits import SLOW_EPOCH_MS
from quarkparsec.root.genesis_block import genesis_root_block
from quarkparsec.root.members import Member
from quarkparsec.root.pace import Pace, participants
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import Visit, Work
from tests.simulation.scenery import genesis_of

START_MS = 10_000
HEAD = Epoch(3)


def member(shard_id: int, work: Work = Work.NONE, applied: int | None = HEAD) -> Member:
    made = Member(ShardId(shard_id))
    made.begin_visit(Visit(1, 1))
    made.joined = True
    if applied is not None:
        made.follow(Epoch(applied), work)
    return made


def pace(min_epoch_ms: int = 50, heartbeat_ms: int = 0) -> Pace:
    made = Pace(genesis_of(2, min_epoch_ms, heartbeat_ms))
    made.opened(START_MS, ())
    return made


def block(transaction_count: int) -> RootBlock:
    root = genesis_root_block(genesis_of(2, 50, 0))
    did = root.summaries[1]._replace(transaction_count=transaction_count)
    return replace(root, summaries=(root.summaries[0], did))


def test_work_opens_an_epoch_at_the_pace_of_the_genesis_file() -> None:
    assert pace(50).due_ms([member(0, Work.READY)], HEAD) == START_MS + 50


def test_underpriced_transactions_get_an_empty_block_now_and_then() -> None:
    assert pace(50).due_ms([member(0, Work.PATIENT)], HEAD) == START_MS + SLOW_EPOCH_MS


def test_an_idle_cluster_makes_no_blocks_but_its_heartbeat() -> None:
    assert pace().due_ms([member(0)], HEAD) is None
    assert pace(heartbeat_ms=700).due_ms([member(0)], HEAD) == START_MS + 700


def test_no_epoch_is_opened_while_somebody_lags() -> None:
    assert pace().due_ms([member(0, Work.READY), member(1, applied=2)], HEAD) is None


def test_what_waits_for_an_absent_shard_does_not_make_empty_blocks_in_a_row() -> None:
    waiting = [member(0, Work.READY)]
    slow = pace()
    slow.opened(START_MS, waiting)
    slow.committed(block(0), block(0))
    assert slow.due_ms(waiting, HEAD) == START_MS + SLOW_EPOCH_MS
    slow.committed(block(0), block(1))
    assert slow.due_ms(waiting, HEAD) == START_MS + 50


def test_work_that_came_while_an_empty_epoch_was_open_does_not_wait_for_long() -> None:
    """A heartbeat's, or a split's, which nobody's transactions had opened."""
    for before in ([member(0), member(1)], [member(0), member(1, Work.PATIENT)]):
        quick = pace(50)
        quick.opened(START_MS, before)
        quick.committed(block(0), block(0))
        assert quick.due_ms([member(0), member(1, Work.READY)], HEAD) == START_MS + 50


def test_the_work_of_a_shard_that_is_away_makes_no_epoch_fruitless() -> None:
    away = member(1, Work.READY)
    away.joined = False
    quick = pace(50)
    quick.opened(START_MS, [member(0), away])
    quick.committed(block(0), block(0))
    assert quick.due_ms([member(0, Work.READY), away], HEAD) == START_MS + 50


def test_a_block_that_only_sweeps_is_no_empty_one() -> None:
    waiting = [member(0, Work.READY)]
    sweeping = replace(
        block(0), summaries=tuple(each._replace(sweep=SWEEP_BEGINS) for each in block(0).summaries)
    )
    busy = pace()
    busy.opened(START_MS, waiting)
    busy.committed(sweeping, block(0))
    assert busy.due_ms(waiting, HEAD) == START_MS + 50
    busy.committed(sweeping, sweeping)
    assert busy.due_ms(waiting, HEAD) == START_MS + SLOW_EPOCH_MS


def test_a_block_that_somebody_waits_for_is_due_though_nobody_has_work() -> None:
    assert pace(50).due_ms([member(0)], HEAD, is_awaited=True) == START_MS + 50
    assert pace(50).due_ms([member(0, applied=2)], HEAD, is_awaited=True) is None


def test_those_with_work_take_part_and_the_home_of_the_coinbase() -> None:
    members = [member(0), member(1, Work.READY), member(2, Work.PATIENT), member(3)]
    assert participants(members, ShardId(3)) == (1, 3)
    members[3].joined = False
    assert participants(members, ShardId(3)) == (1,)
