"""The master moves one shard at a time; whatever fails before the write leaves it where it was."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.effects import Tick, WakeAt
from quarkparsec.errors import Rejected
from quarkparsec.limits import MOVE_HANDOVER_MS, MOVE_SILENCE_MS, SHARDS_PER_SLAVE_MAX
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.move_states import (
    Closing,
    Completing,
    Copying,
    Dismiss,
    Hold,
    Rearrange,
    Refused,
    Release,
    Reported,
    Resting,
    SlaveDown,
    SlaveUp,
    Storing,
    Tell,
)
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import Move, SlavePlace, Topology, first_topology
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.moves import (
    Arrived,
    ClosePool,
    CompleteCopy,
    CopyClose,
    CopyProgress,
    EndMove,
    FetchShard,
    MoveFailed,
    MoveId,
    PoolClosed,
    Stage,
)

A, B, C = "slave-0", "slave-1", "slave-2"
PLACES = tuple(SlavePlace(name, "localhost", port) for port, name in enumerate((A, B, C)))
TOPOLOGY = first_topology(PLACES[:2], 4).joined(PLACES[2])
"""A holds shards 0 and 2, B holds 1 and 3, C none."""
SHARD = ShardId(2)
ID = MoveId(7, 1)
LAST = Hash32(b"\x11" * 32)
TO_C = Move(SHARD, C)


class Scene:
    """A mover, and what it did last."""

    def __init__(self, topology: Topology = TOPOLOGY) -> None:
        self.mover = Mover(7, topology)
        self.topology = topology
        for slave in topology.slaves:
            self.mover.step(0, SlaveUp(slave.name))

    def begin(self, move: Move = TO_C) -> list[Any]:
        return self.mover.begin(0, move)

    def hear(self, name: str, report: Any, now_ms: int = 0) -> list[Any]:
        return self.mover.step(now_ms, Reported(name, report))

    def bring_to(self, state: type) -> None:
        """Begin, and go on until the move is there."""
        self.begin()
        ways = (
            lambda: self.hear(C, CopyClose(SHARD, ID)),
            lambda: self.mover.step(0, Held(SHARD, LAST)),
            lambda: self.hear(A, PoolClosed(SHARD, ID)),
            lambda: self.hear(C, Arrived(SHARD, ID)),
        )
        for way in ways:
            if isinstance(self.mover.state, state):
                return
            way()
        assert isinstance(self.mover.state, state)

    def write(self, topology: Topology) -> list[Any]:
        return self.mover.step(0, Rearranged(topology))


def told(effects: list[Any]) -> list[tuple[str, type]]:
    return [(each.name, type(each.order)) for each in effects if isinstance(each, Tell)]


def test_a_move_goes_step_by_step_and_ends_with_the_write() -> None:
    scene = Scene()
    assert Tell(C, FetchShard(SHARD, ID, A)) in scene.begin()
    assert Hold(SHARD) in scene.hear(C, CopyClose(SHARD, ID))
    assert scene.mover.step(0, Held(SHARD, LAST)) == [Tell(A, ClosePool(SHARD, ID, LAST))]
    assert scene.hear(A, PoolClosed(SHARD, ID)) == [Tell(C, CompleteCopy(SHARD, ID, LAST))]
    assert scene.hear(C, Arrived(SHARD, ID)) == [Rearrange(TO_C)]
    assert scene.mover.under_way == "shard 2 is moving to slave-2"
    assert scene.write(TOPOLOGY.moved(TO_C)) == []
    assert scene.mover.under_way == ""
    assert scene.mover.statuses[-1].stage is Stage.DONE


@pytest.mark.parametrize(
    ("state", "liar", "report"),
    [
        (Copying, A, CopyClose(SHARD, ID)),
        (Copying, B, MoveFailed(SHARD, ID, "no")),
        (Closing, C, PoolClosed(SHARD, ID)),
        (Completing, A, Arrived(SHARD, ID)),
        (Completing, "slave-7", Arrived(SHARD, ID)),
    ],
)
def test_nobody_is_heard_but_the_slave_that_it_is_about(
    state: type, liar: str, report: Any
) -> None:
    scene = Scene()
    scene.bring_to(state)
    before = scene.mover.state
    assert scene.hear(liar, report) == []
    assert scene.mover.state == before


def test_progress_is_shown_and_keeps_a_move_alive() -> None:
    scene = Scene()
    scene.begin()
    almost = MOVE_SILENCE_MS - 1
    scene.hear(C, CopyProgress(SHARD, ID, Stage.VERIFYING, 10, 1_000, 2_000), almost)
    scene.mover.step(MOVE_SILENCE_MS, Tick())
    status = scene.mover.statuses[-1]
    assert (status.stage, status.rows, status.size_bytes, status.total_bytes) == (
        Stage.VERIFYING,
        10,
        1_000,
        2_000,
    )
    assert isinstance(scene.mover.state, Copying)


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (Move(ShardId(4), C), "there is no shard 4: there are 4"),
        (Move(SHARD, "slave-9"), "there is no slave slave-9"),
        (Move(SHARD, A), "shard 2 is on slave-0 already"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(move: Move, words: str) -> None:
    scene = Scene()
    with pytest.raises(Rejected, match=words):
        scene.begin(move)
    assert scene.mover.under_way == ""
    scene.begin()


@pytest.mark.parametrize(
    ("gone", "words"),
    [(C, "slave-2 isn't connected"), (A, "slave-0, which holds shard 2, isn't connected")],
)
def test_a_dead_slave_neither_takes_nor_gives(gone: str, words: str) -> None:
    scene = Scene()
    scene.mover.step(0, SlaveDown(gone))
    with pytest.raises(Rejected, match=words):
        scene.begin()


def test_a_full_slave_takes_none() -> None:
    holders = (A, *[C] * SHARDS_PER_SLAVE_MAX)
    scene = Scene(Topology(1, PLACES, holders))
    with pytest.raises(Rejected, match="slave-2 is full: it holds 128 shards"):
        scene.begin(Move(ShardId(0), C))


def test_a_second_move_waits_for_the_first() -> None:
    scene = Scene()
    scene.begin()
    with pytest.raises(Rejected, match="shard 2 is moving to slave-2: one move at a time"):
        scene.begin(Move(ShardId(1), C))
    with pytest.raises(Rejected, match="one move at a time"):
        scene.mover.dismiss(0, B)


@pytest.mark.parametrize("gone", [A, C])
@pytest.mark.parametrize("event", [SlaveDown, SlaveUp])
def test_a_lost_connection_ends_a_move_that_isnt_written(gone: str, event: type) -> None:
    scene = Scene()
    scene.bring_to(Completing)
    effects = scene.mover.step(0, event(gone))
    assert told(effects) == [(A, EndMove), (C, EndMove)]
    assert Release(SHARD) in effects
    assert scene.mover.statuses[-1].words == f"the connection to {gone} was lost"
    assert isinstance(scene.mover.state, Resting)


def test_the_connection_of_somebody_else_ends_nothing() -> None:
    scene = Scene()
    scene.bring_to(Completing)
    assert scene.mover.step(0, SlaveDown(B)) == []


def test_nothing_ends_a_move_that_is_being_written() -> None:
    scene = Scene()
    scene.bring_to(Storing)
    assert scene.mover.step(0, SlaveDown(A)) == []
    assert scene.mover.step(10**9, Tick()) == []
    assert scene.hear(C, MoveFailed(SHARD, ID, "no")) == []
    assert scene.hear(C, Arrived(SHARD, ID)) == []
    assert scene.hear(A, PoolClosed(SHARD, ID)) == []
    assert isinstance(scene.mover.state, Storing)


def test_a_slave_that_joins_meanwhile_doesnt_count_as_the_write() -> None:
    scene = Scene()
    scene.bring_to(Storing)
    scene.write(TOPOLOGY.joined(SlavePlace("slave-3", "localhost", 9)))
    assert isinstance(scene.mover.state, Storing)


def test_silence_ends_a_copy() -> None:
    scene = Scene()
    scene.begin()
    effects = scene.mover.step(MOVE_SILENCE_MS, Tick())
    assert told(effects) == [(A, EndMove), (C, EndMove)]
    assert not any(isinstance(each, Release) for each in effects)
    assert scene.mover.statuses[-1].words == "slave-2 is silent"


def test_a_hand_over_takes_only_so_long() -> None:
    scene = Scene()
    scene.begin()
    scene.hear(C, CopyClose(SHARD, ID), 1_000)
    assert scene.mover.step(1_000, Tick()) == [WakeAt(1_000 + MOVE_HANDOVER_MS)]
    effects = scene.mover.step(1_000 + MOVE_HANDOVER_MS, Tick())
    assert Release(SHARD) in effects
    assert scene.mover.statuses[-1].words == "the shard didn't come to rest"


@pytest.mark.parametrize("state", [Copying, Completing])
def test_a_slave_that_cant_go_on_says_why(state: type) -> None:
    scene = Scene()
    scene.bring_to(state)
    scene.hear(C, MoveFailed(SHARD, ID, "the disk is full"))
    status = scene.mover.statuses[-1]
    assert (status.stage, status.words) == (Stage.FAILED, "the disk is full")


def test_a_refusal_of_the_root_machine_ends_it() -> None:
    scene = Scene()
    scene.bring_to(Storing)
    assert Release(SHARD) in scene.mover.step(0, Refused("no"))
    assert scene.mover.statuses[-1].words == "no"


def test_reports_of_a_move_that_is_over_are_answered() -> None:
    scene = Scene()
    old = MoveId(6, 3)
    assert scene.hear(C, Arrived(SHARD, old)) == [Tell(C, EndMove(SHARD, old))]
    assert scene.hear(A, PoolClosed(SHARD, old)) == [Tell(A, EndMove(SHARD, old))]
    assert scene.hear(C, MoveFailed(SHARD, old, "")) == []


def test_who_is_right_about_an_earlier_term_learns_it_from_the_topology() -> None:
    scene = Scene(TOPOLOGY.moved(TO_C))
    old = MoveId(6, 3)
    assert scene.hear(C, Arrived(SHARD, old)) == []
    assert scene.hear(A, PoolClosed(SHARD, old)) == []


def test_a_leaving_slave_gives_its_shards_to_those_with_the_fewest_and_goes() -> None:
    scene = Scene()
    effects = scene.mover.dismiss(0, A)
    assert told(effects) == [(C, FetchShard)]
    assert scene.mover.under_way == "slave-0 is being drained"
    topology = TOPOLOGY
    for number, (shard_id, target) in enumerate(((0, C), (2, C)), start=1):
        shard, move_id = ShardId(shard_id), MoveId(7, number)
        scene.hear(target, CopyClose(shard, move_id))
        scene.mover.step(0, Held(shard, LAST))
        scene.hear(A, PoolClosed(shard, move_id))
        scene.hear(target, Arrived(shard, move_id))
        topology = topology.moved(Move(shard, target))
        effects = scene.write(topology)
    assert effects == [Dismiss(A)]
    scene.write(topology.left(A))
    assert scene.mover.drain == (A, True, "")
    assert scene.mover.under_way == ""


def test_a_drain_ends_with_its_first_failure() -> None:
    scene = Scene()
    scene.mover.dismiss(0, A)
    scene.mover.step(0, SlaveDown(C))
    assert scene.mover.drain == (A, True, "the connection to slave-2 was lost")
    assert scene.mover.under_way == ""


def test_an_empty_slave_leaves_at_once() -> None:
    scene = Scene()
    assert scene.mover.dismiss(0, C) == [Dismiss(C)]
    scene.mover.step(0, Refused("a shard has just been moved there"))
    assert scene.mover.drain == (C, True, "a shard has just been moved there")


def test_the_only_slave_and_an_unknown_one_stay() -> None:
    scene = Scene(first_topology(PLACES[:1], 4))
    with pytest.raises(Rejected, match="slave-0 is the only slave"):
        scene.mover.dismiss(0, A)
    with pytest.raises(Rejected, match="there is no slave slave-7"):
        scene.mover.dismiss(0, "slave-7")


def test_a_slave_whose_shards_nobody_can_take_stays() -> None:
    scene = Scene()
    for name in (B, C):
        scene.mover.step(0, SlaveDown(name))
    with pytest.raises(Rejected, match="no slave is there that could take the shards"):
        scene.mover.dismiss(0, A)
