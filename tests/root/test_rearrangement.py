"""What operators ask of the master: more shards, other slaves, a shard elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quarkparsec.chain.block import SWEEP_BEGINS, SWEPT
from quarkparsec.effects import Persisted, Tick
from quarkparsec.errors import Rejected
from quarkparsec.root.events import LinkDown, LinkUp, Rearranged
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.topology import Move, SlavePlace
from quarkparsec.types import ShardId
from quarkparsec.wire import epoch as wire
from tests.root.two_shards import GENESIS, HOME, OTHER, Driven

THIRD = SlavePlace("third", "127.0.0.1", 7003)


def joined(*, holding: bool = False) -> Driven:
    driven = Driven()
    driven.join_all()
    driven.holding = holding
    return driven


def ask(driven: Driven, act: Callable[..., list[Any]], *arguments: Any) -> list[wire.FromMaster]:
    """Let an operator ask for something; what the master says about it."""
    before = len(driven.said)
    driven.carry_out(act(driven.now_ms, *arguments))
    return driven.said[before:]


def reshard(driven: Driven, shard_count: int = 4) -> list[wire.FromMaster]:
    return ask(driven, driven.machine.reshard, shard_count)


def hold(driven: Driven, shard_id: ShardId = OTHER) -> list[wire.FromMaster]:
    return ask(driven, driven.machine.hold, shard_id)


def move(driven: Driven, slave: str = "left") -> list[wire.FromMaster]:
    return ask(driven, driven.machine.move, Move(OTHER, slave))


def do_epoch(driven: Driven, opened: wire.FromMaster) -> None:
    """One shard's epoch, to the commit."""
    driven.lane_ended(opened)
    driven.give(driven.sealed(opened))


def split() -> Driven:
    driven = joined()
    (opened,) = reshard(driven)
    do_epoch(driven, opened)
    return driven


# --- splits


def test_an_idle_cluster_opens_an_epoch_for_a_split_and_its_block_splits() -> None:
    driven = joined()
    (opened,) = reshard(driven)
    assert isinstance(opened, wire.Open)
    assert (opened.shard_id, opened.shard_count) == (HOME, 2)
    do_epoch(driven, opened)
    head = driven.machine.head
    assert (head.number, head.shard_count, head.participants) == (1, 4, (HOME,))
    assert [each.sweep for each in head.summaries] == [SWEEP_BEGINS] * 4
    assert head.summaries[2].block_hash == head.summaries[0].block_hash
    assert head.summaries[3].block_hash == head.summaries[1].block_hash
    commits = [each for each in driven.said if isinstance(each, wire.Commit)]
    assert [(each.shard_id, each.shard_count) for each in commits] == [(HOME, 4), (OTHER, 4)]


def test_root_block_and_topology_are_durable_together_or_not_at_all() -> None:
    driven = joined()
    (opened,) = reshard(driven)
    driven.lane_ended(opened)
    driven.holding = True
    driven.give(driven.sealed(opened))
    assert driven.rearranged == []
    assert Driven(driven.store).machine.topology.shard_count == 2
    (write,) = driven.held
    assert write.sync
    driven.persist()
    assert [each.holders for each in driven.rearranged] == [("left", "right", "left", "right")]
    again = Driven(driven.store).machine
    assert again.head.shard_count == again.topology.shard_count == len(again.members) == 4


def test_links_follow_before_anybody_is_told_of_the_split() -> None:
    driven = joined()
    (opened,) = reshard(driven)
    driven.lane_ended(opened)
    driven.holding = True
    driven.give(driven.sealed(opened))
    (write,) = driven.held
    driven.store.write(write.batch, sync=True)
    effects = driven.machine.step(driven.now_ms, Persisted(write.token))
    assert isinstance(effects[0], Rearranged)


def test_the_next_epoch_waits_for_the_parents_but_not_for_the_children() -> None:
    driven = split()
    driven.catch_up(HOME)
    assert driven.work(HOME) == []
    (opened,) = driven.catch_up(OTHER)
    assert isinstance(opened, wire.Open)
    assert (opened.shard_count, opened.present) == (4, (HOME, OTHER))


def test_children_are_invited_and_join_like_any_shard() -> None:
    driven = split()
    invited = {
        each.shard_id
        for each in driven.give(Tick(), after_ms=1_000)
        if isinstance(each, wire.Invite)
    }
    assert invited == {2, 3}
    (welcome,) = driven.join(ShardId(3))
    assert isinstance(welcome, wire.Welcome)
    assert (welcome.epoch, welcome.shard_count) == (1, 4)
    assert welcome.block_hash == driven.machine.head.summaries[OTHER].block_hash


def test_gas_is_bounded_by_the_shards_that_execute() -> None:
    driven = split()
    per_shard = GENESIS.gas_limit
    assert driven.machine.head.header.gas_limit == 2 * per_shard
    driven.catch_up(HOME)
    driven.catch_up(OTHER)
    (opened,) = driven.work(HOME)
    do_epoch(driven, opened)
    head = driven.machine.head
    assert head.header.gas_limit == 4 * per_shard
    assert [each.sweep for each in head.summaries] == [SWEPT, *[SWEEP_BEGINS] * 3]


def test_tips_go_to_the_coinbases_home_of_the_epoch_to_come() -> None:
    driven = split()
    home = ShardId(GENESIS.coinbase[-1] & 3)
    assert home == HOME
    driven.catch_up(HOME)
    driven.catch_up(OTHER)
    said = driven.work(OTHER)
    assert [each.shard_id for each in said] == [home, OTHER]


def test_an_aborted_attempt_leaves_the_split_to_the_next() -> None:
    driven = joined()
    reshard(driven)
    driven.give(LinkDown(HOME))
    assert driven.machine.head.number == 0
    driven.give(Tick(), after_ms=1_000)
    head = driven.machine.head
    assert (head.number, head.shard_count, head.participants) == (1, 4, ())


def test_a_restart_forgets_a_split_that_was_only_asked_for() -> None:
    driven = joined()
    reshard(driven)
    again = Driven(driven.store)
    again.join_all()
    (opened,) = again.work(HOME)
    do_epoch(again, opened)
    assert again.machine.head.shard_count == 2


def test_a_split_is_refused_while_a_shard_is_away() -> None:
    driven = joined()
    driven.give(LinkDown(OTHER))
    with pytest.raises(Rejected, match=r"shards \[1\] are away"):
        reshard(driven)


def test_a_split_is_refused_during_a_split_and_during_its_sweep() -> None:
    driven = joined()
    (opened,) = reshard(driven)
    with pytest.raises(Rejected, match="being split"):
        reshard(driven)
    do_epoch(driven, opened)
    with pytest.raises(Rejected, match="swept"):
        reshard(driven, 8)


def test_nothing_moves_during_a_split_and_nothing_is_split_during_a_move() -> None:
    driven = joined()
    reshard(driven)
    with pytest.raises(Rejected, match="being split"):
        hold(driven)
    driven = joined()
    hold(driven)
    with pytest.raises(Rejected, match="shard 1 is being moved"):
        reshard(driven)


def test_what_is_refused_changes_nothing() -> None:
    driven = joined()
    for shard_count in (0, 2, 3, 8):
        with pytest.raises(Rejected):
            reshard(driven, shard_count)
    assert driven.give(Tick(), after_ms=10**6) == []
    assert driven.machine.head.number == 0


# --- slaves


def test_a_slave_belongs_to_the_cluster_when_that_is_durable() -> None:
    driven = joined(holding=True)
    ask(driven, driven.machine.add_slave, THIRD)
    assert driven.machine.topology.slave("third") is None
    assert driven.rearranged == []
    driven.persist()
    assert driven.machine.topology.slave("third") == THIRD
    assert [each.version for each in driven.rearranged] == [2]
    assert RootStore(driven.store).topology() == driven.machine.topology


def test_changes_that_are_being_written_count_for_the_next() -> None:
    driven = joined(holding=True)
    ask(driven, driven.machine.add_slave, THIRD)
    with pytest.raises(Rejected, match="already"):
        ask(driven, driven.machine.add_slave, THIRD)
    ask(driven, driven.machine.remove_slave, "third")
    driven.persist()
    driven.persist()
    assert driven.machine.topology.slave("third") is None
    assert [each.version for each in driven.rearranged] == [2, 3]


def test_a_slave_that_holds_shards_stays() -> None:
    driven = joined()
    with pytest.raises(Rejected, match="still holds shards"):
        ask(driven, driven.machine.remove_slave, "left")


# --- moves


def test_a_shard_is_held_between_two_epochs_once_it_has_applied_the_last() -> None:
    driven = joined()
    (opened,) = driven.work(HOME, after_ms=0)
    hold(driven, HOME)
    assert driven.holds == []
    do_epoch(driven, opened)
    driven.catch_up(OTHER)
    assert driven.holds == []
    driven.catch_up(HOME)
    last = driven.machine.head.summaries[HOME].block_hash
    assert [(each.shard_id, each.block_hash) for each in driven.holds] == [(HOME, last)]


def test_a_held_shard_is_neither_spoken_to_nor_heard() -> None:
    driven = joined()
    assert hold(driven) == []
    assert driven.join(OTHER, number=2) == []
    assert driven.catch_up(OTHER, wire.Work.READY) == []
    assert driven.give(LinkUp(OTHER)) == []
    assert driven.give(Tick(), after_ms=10**6) == []
    (opened,) = driven.work(HOME)
    assert isinstance(opened, wire.Open)
    assert opened.present == (HOME,)
    do_epoch(driven, opened)
    assert all(each.shard_id == HOME for each in driven.said[-2:])


def test_a_released_shard_goes_on_where_it_is() -> None:
    driven = joined()
    hold(driven)
    (invite,) = ask(driven, driven.machine.release, OTHER)
    assert isinstance(invite, wire.Invite)
    (welcome,) = driven.join(OTHER, number=2)
    assert isinstance(welcome, wire.Welcome)
    assert driven.rearranged == []


def test_a_hold_that_is_released_before_it_is_taken_never_was() -> None:
    driven = joined()
    (opened,) = driven.work(HOME, after_ms=0)
    hold(driven, HOME)
    assert ask(driven, driven.machine.release, HOME) == []
    do_epoch(driven, opened)
    driven.catch_up(HOME)
    assert driven.holds == []


def test_a_move_is_done_when_it_is_durable_and_then_the_new_holder_is_invited() -> None:
    driven = joined()
    hold(driven)
    driven.holding = True
    assert move(driven) == []
    assert driven.machine.topology.holder(OTHER) == "right"
    assert driven.join(OTHER, number=2) == []
    with pytest.raises(Rejected, match="has moved"):
        ask(driven, driven.machine.release, OTHER)
    before = len(driven.said)
    driven.persist()
    assert [type(each) for each in driven.said[before:]] == [wire.Invite]
    assert driven.machine.topology.holder(OTHER) == "left"
    assert isinstance(driven.join(OTHER, number=2)[0], wire.Welcome)


def test_another_change_that_becomes_durable_does_not_end_a_move() -> None:
    driven = joined()
    hold(driven)
    driven.holding = True
    ask(driven, driven.machine.add_slave, THIRD)
    move(driven)
    driven.persist()
    assert driven.join(OTHER, number=2) == []
    driven.persist()
    assert driven.machine.topology.holder(OTHER) == "left"
    assert driven.machine.topology.slave("third") == THIRD


def test_one_shard_moves_at_a_time_and_only_one_that_is_there() -> None:
    driven = joined()
    with pytest.raises(Rejected, match="no shard 2"):
        hold(driven, ShardId(2))
    driven.give(LinkDown(HOME))
    with pytest.raises(Rejected, match="away"):
        hold(driven, HOME)
    hold(driven)
    with pytest.raises(Rejected, match="shard 1 is being moved"):
        hold(driven)


def test_a_shard_moves_only_from_a_hold_and_to_another_slave_that_is_known() -> None:
    driven = joined()
    with pytest.raises(Rejected, match="isn't held"):
        move(driven)
    hold(driven)
    with pytest.raises(Rejected, match="no slave"):
        move(driven, "nowhere")
    with pytest.raises(Rejected, match="already"):
        move(driven, "right")
    assert driven.rearranged == []


def test_a_restart_forgets_a_hold() -> None:
    driven = joined()
    hold(driven)
    assert isinstance(Driven(driven.store).join(OTHER)[0], wire.Welcome)
