"""A shard in lanes 2 and 3: opened by the master, spoken to by other shards. This is shard 0 of two."""

from __future__ import annotations

import pytest

from quarkparsec.chain.legs import Credit, CreditsFrom
from quarkparsec.effects import Run, Tick
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.types import Epoch, Recipient, ShardId, Wei, home_key
from quarkparsec.wire import epoch as wire
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount
from tests.shard.cluster_of_one import TERM, Driven, Said, summary_of
from tests.simulation.scenery import genesis_of
from tests.simulation.wallet import GWEI, wallets

GENESIS = genesis_of(2, 0, 0)
ALICE = wallets(2, 3)[ShardId(0)][0]
BOB = wallets(2, 3)[ShardId(1)][0].recipient
"""At home in shard 1."""
ROUND = wire.Round(Epoch(1), TERM, 0)
HERE, THERE = ShardId(0), ShardId(1)
NEW = Recipient(b"\xcc" * 16 + bytes(4))
"""At home here."""
LOCK = lanes.Lock(7, 1, (NEW,))
LOCKED = lanes.Locked(7, 1, (lanes.Endowment(NEW, to_amount(0), False),))
TAKEN = lanes.CreditsAnswer(1, ())


def opened(*candidates: Candidate) -> Driven:
    driven = Driven(genesis=GENESIS)
    driven.welcome()
    for candidate in candidates:
        driven.take(candidate)
    driven.open()
    return driven


def transfer(nonce: int = 0, value: int = 5) -> Candidate:
    return Candidate(ALICE.sign(nonce, BOB, value), home_key(BOB))


def call(nonce: int = 0) -> Candidate:
    return Candidate(ALICE.sign(nonce, BOB, 5, gas_limit=50_000), home_key(BOB), runs_code=True)


def hear(driven: Driven, *items: lanes.LaneItem, lane: int = 2, attempt: int = 0) -> list[Said]:
    """Shard 1 speaks."""
    said_in = wire.Round(Epoch(1), TERM, attempt)
    return driven.give(lanes.LaneMessages(THERE, HERE, said_in, lane, items))


def said_to_shard(said: list[Said]) -> list[lanes.LaneItem]:
    """What went to shard 1."""
    messages = [each for each in said if isinstance(each, lanes.LaneMessages)]
    assert all(
        (each.source, each.shard_id, each.round) == (HERE, THERE, ROUND) for each in messages
    )
    return [item for message in messages for item in message.items]


def ended(said: list[Said]) -> list[wire.LaneEnded]:
    return [each for each in said if isinstance(each, wire.LaneEnded)]


def test_the_master_learns_after_lane_1_what_is_wanted() -> None:
    driven = opened(transfer())
    (answer,) = ended(driven.said)
    assert (answer.lane, answer.wants, answer.reaches) == (1, (3,), (THERE,))
    (answer,) = ended(opened(call()).said)
    assert (answer.lane, answer.wants, answer.reaches) == (1, (2,), (THERE,))


def test_a_lane_in_which_a_shard_has_nothing_to_do_has_ended_at_once() -> None:
    driven = opened()
    for lane in (2, 3):
        (answer,) = ended(driven.open_lane(lane))
        assert (answer.lane, answer.wants) == (lane, ())
        assert driven.state_name() == "Crossing"


def test_an_order_to_open_a_lane_is_answered_as_often_as_it_comes() -> None:
    driven = opened(transfer())
    first = driven.open_lane(3)
    assert said_to_shard(first) != []
    assert driven.open_lane(3) == []
    answer = hear(driven, TAKEN, lane=3)
    assert driven.open_lane(3) == driven.open_lane(2) == ended(answer) != []


def test_a_shard_serves_others_after_its_own_part_is_over() -> None:
    driven = opened()
    driven.open_lane(2)
    assert said_to_shard(hear(driven, LOCK)) == [LOCKED]
    assert said_to_shard(hear(driven, LOCK)) == [LOCKED]


@pytest.mark.parametrize("lane", [2, 3])
def test_what_comes_before_a_lane_is_open_waits_for_it(lane: int) -> None:
    item, answer = (LOCK, LOCKED) if lane == 2 else (lanes.Credits(1, ()), TAKEN)
    driven = opened()
    assert hear(driven, item, lane=lane) == []
    if lane == 3:
        assert said_to_shard(driven.open_lane(2)) == []
        assert hear(driven, item, lane=lane) == []
    assert answer in said_to_shard(driven.open_lane(lane))


def test_what_is_said_of_a_lane_that_is_over_is_ignored() -> None:
    driven = opened()
    driven.open_lane(2)
    driven.open_lane(3)
    assert hear(driven, LOCK, lane=2) == []
    assert driven.open_lane(2) == ended(driven.said)[-1:]


def test_what_is_said_in_another_round_is_ignored() -> None:
    driven = opened()
    assert driven.open_lane(2, attempt=1) == []
    assert driven.state_name() == "Executed"
    driven.open_lane(2)
    assert hear(driven, LOCK, attempt=1) == []
    assert driven.open_lane(3, attempt=1) == []
    assert driven.seal(attempt=1) == []
    assert driven.state_name() == "Crossing"


def test_money_that_leaves_is_sealed_once_its_destination_has_taken_it() -> None:
    driven = opened(transfer())
    (credits_,) = said_to_shard(driven.open_lane(3))
    assert isinstance(credits_, lanes.Credits)
    assert [(each.recipient, from_amount(each.amount)) for each in credits_.credits] == [(BOB, 5)]
    assert driven.seal() == []
    assert driven.state_name() == "Crossing"
    (answer,) = ended(hear(driven, TAKEN, lane=3))
    assert from_amount(answer.tips) == 21_000 * 2 * GWEI
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    block = driven.announced[0].block
    assert (len(block.entries), block.legs.transfer_count) == (1, 1)
    assert block.header.extra_data == block.legs.commitment(block.sweep) != b""
    account = driven.machine.shard_state.account(ALICE.recipient)
    assert account is not None
    assert account.nonce == 1


def test_money_that_arrives_is_credited_when_the_block_is_sealed() -> None:
    driven = opened()
    driven.open_lane(3)
    hear(driven, lanes.Credits(1, (lanes.Credit(NEW, 0, to_amount(9), True),)), lane=3)
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    account = driven.machine.shard_state.account(NEW)
    assert account is not None
    assert account.balance == 9
    credit = Credit(NEW, home_key(NEW), Wei(9))
    assert driven.announced[0].block.legs.credits == (CreditsFrom(THERE, (credit,)),)


def test_a_sealed_block_with_legs_comes_back_after_a_crash() -> None:
    driven = opened(transfer())
    driven.open_lane(3)
    hear(driven, TAKEN, lanes.Credits(1, (lanes.Credit(NEW, 0, to_amount(9), True),)), lane=3)
    (sealed,) = driven.seal()
    again = Driven(driven.store, GENESIS)
    again.welcome(1, summary_of(sealed).block_hash)
    account = again.machine.shard_state.account(NEW)
    assert account is not None
    assert account.balance == 9


def test_a_refused_transfer_stays_in_the_pool_as_a_call() -> None:
    driven = opened(transfer())
    driven.open_lane(3)
    said = hear(driven, lanes.CreditsAnswer(1, (lanes.Refusal(0, 0x33),)), lane=3)
    assert said_to_shard(said) == [lanes.Credits(2, ())]
    hear(driven, lanes.CreditsAnswer(2, ()), lane=3)
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    (request,) = driven.machine.pool.candidates(Wei(1), 10)
    waiting = request.executable
    assert (waiting.to_key, waiting.runs_code) == (0x33, True)


def test_a_tick_says_again_what_has_no_answer() -> None:
    driven = opened(transfer())
    said = said_to_shard(driven.open_lane(3))
    driven.now_ms = RESEND_MS
    assert said_to_shard(driven.give(Tick())) == said


@pytest.mark.parametrize("lane", [2, 3])
def test_an_abort_in_a_lane_loses_no_transaction(lane: int) -> None:
    driven = opened(transfer())
    driven.open_lane(lane)
    (report,) = driven.abort()
    assert report == wire.HasWork(HERE, TERM, wire.Work.READY)
    assert driven.state_name() == "Idle"
    driven.open(attempt=1)
    assert len(said_to_shard_in(driven.open_lane(3, attempt=1))) == 1


def said_to_shard_in(said: list[Said]) -> list[lanes.LaneMessages]:
    return [each for each in said if isinstance(each, lanes.LaneMessages)]


def test_what_comes_while_a_step_runs_is_for_the_next_one() -> None:
    driven = opened()
    driven.hold = Run
    driven.open_lane(2)
    assert hear(driven, LOCK) == []
    assert len(driven.held) == 1
    driven.do(driven.held[0])
    assert [each.lane for each in ended(driven.said)] == [1, 2]
    assert len(driven.held) == 2
    driven.do(driven.held[1])
    assert said_to_shard(driven.said)[-1] == LOCKED
    assert [each.lane for each in ended(driven.said)] == [1, 2]


def test_a_step_that_ends_after_its_lane_says_nothing() -> None:
    driven = opened()
    driven.open_lane(2)
    driven.hold = Run
    hear(driven, LOCK)
    driven.open_lane(3)
    late, third = driven.held
    before = len(driven.said)
    driven.do(late)
    assert driven.said[before:] == []
    driven.do(third)
    assert [each.lane for each in ended(driven.said[before:])] == [3]


def test_a_step_of_an_aborted_round_changes_nothing() -> None:
    driven = opened(transfer())
    driven.hold = Run
    driven.open_lane(3)
    driven.abort()
    before = len(driven.said)
    driven.do(driven.held[0])
    assert driven.said[before:] == []
    assert driven.state_name() == "Idle"


def test_a_call_asks_the_other_shard_and_its_ticket_ends_with_the_round() -> None:
    driven = opened(call())
    (execute,) = said_to_shard(driven.open_lane(2))
    assert isinstance(execute, lanes.Execute)
    assert (execute.ticket, execute.attempt) == (0, 1)
    assert from_amount(execute.money or to_amount(0)) == 50_000 * 3 * GWEI + 5
    back = to_amount(20_000 * 3 * GWEI)
    done = lanes.Executed(execute.ticket, 1, 4, back, ())
    (answer,) = ended(hear(driven, done))
    assert (answer.lane, answer.wants) == (2, ())
    driven.open_lane(3)
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    account = driven.machine.shard_state.account(ALICE.recipient)
    assert account is not None
    assert (account.nonce, account.balance) == (1, 10**18 - 30_000 * 3 * GWEI - 5)


def test_who_is_told_again_to_run_a_lane_says_whether_it_works_or_waits() -> None:
    driven = opened(transfer())
    driven.hold = Run
    assert driven.open_lane(3) == []
    assert driven.open_lane(3) == [wire.Working(HERE, TERM)]
    driven.do(driven.held.pop())
    assert driven.open_lane(3) == [], "it waits for shard 1, and has nothing to say for it"


def test_whose_own_part_is_over_still_says_that_it_works_for_another() -> None:
    driven = opened()
    (over,) = ended(driven.open_lane(2))
    driven.hold = Run
    assert hear(driven, LOCK) == []
    assert driven.open_lane(2) == [wire.Working(HERE, TERM)]
    driven.do(driven.held.pop())
    assert driven.open_lane(2) == [over]
