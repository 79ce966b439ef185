"""The life of a ticket, answer by answer; the shards are played by the test.

Sender and agent are in shard 0, execution is in shard 2. Two contracts that it may create have their homes
in shards 1 and 3. The numbers in names are PArSEC's scenarios (its list of behaviours, coordinator).
"""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.broker.agent import MOVES, Agent, Ending, Outgoing, Stage, Task
from quarkparsec.limits import TICKET_ATTEMPTS_MAX, TICKET_REST_MS
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei, home_key, shard_of
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import to_amount

HERE, FIRST_HOME, THERE, SECOND_HOME = map(ShardId, range(4))
EVERYBODY = frozenset((HERE, FIRST_HOME, THERE, SECOND_HOME))
TICKET = 9


def at(shard_id: int, letter: bytes = b"\xaa") -> Recipient:
    return Recipient(letter * 16 + shard_id.to_bytes(4, "big"))


SENDER = at(HERE, b"\x11")
FIRST, SECOND = at(FIRST_HOME), at(SECOND_HOME)


class Led:
    """An agent, and what it said last."""

    def __init__(self, *needs: Recipient, destination: ShardId = THERE) -> None:
        task = Task(b"raw", SENDER, ShardKey(destination), HERE, destination)
        self.agent = Agent(TICKET, task, lambda each: shard_of(home_key(each), 4), now_ms=0)
        self.agent.need(needs)
        self.now_ms = 0
        self.said: list[Outgoing] = self.agent.wake(0)

    @property
    def stage(self) -> Stage:
        return self.agent.stage

    def is_at(self, stage: Stage) -> bool:
        return self.stage is stage

    @property
    def attempt(self) -> int:
        return self.agent._attempt

    def hear(self, source: ShardId, item: Any, attempt: int | None = None) -> list[Outgoing]:
        """An answer without ticket and attempt; those are filled in."""
        kind, *rest = item if isinstance(item, tuple) else (item,)
        made = kind(TICKET, self.attempt if attempt is None else attempt, *rest)
        self.said = self.agent.hear(self.now_ms, source, made)
        return self.said

    def hear_all(self, *answers: tuple[ShardId, Any]) -> list[Outgoing]:
        for source, item in answers:
            self.hear(source, item)
        return self.said

    def execute(self, money: int | None = 1_000) -> list[Outgoing]:
        self.said = self.agent.execute(self.now_ms, None if money is None else Wei(money))
        return self.said

    def go_to(self, stage: Stage) -> Led:
        """Lead it through all answers up to `stage`."""
        while self.stage is not stage:
            self._answer_all()
        return self

    def _answer_all(self) -> None:
        places = sorted(self.agent._places)
        if self.stage is Stage.LOCKING:
            self.hear_all(*((place, (lanes.Locked, ())) for place in places))
        elif self.stage is Stage.PREPARING:
            self.hear_all(*((place, (lanes.Prepared, 3)) for place in places))
        elif self.stage is Stage.READY:
            self.execute()
        elif self.stage is Stage.EXECUTING:
            self.hear(THERE, EXECUTED)
        else:
            self.hear_all(*((place, lanes.Committed) for place in places))


EXECUTED = (lanes.Executed, 4, to_amount(70), ())

ANSWERS: dict[type, Any] = {
    lanes.Locked: (lanes.Locked, ()),
    lanes.Wounded: lanes.Wounded,
    lanes.Prepared: (lanes.Prepared, 3),
    lanes.Executed: EXECUTED,
    lanes.NeedKeys: (lanes.NeedKeys, (SECOND,)),
    lanes.Retry: lanes.Retry,
    lanes.Refused: (lanes.Refused, "why"),
    lanes.Elsewhere: (lanes.Elsewhere, 7),
    lanes.Committed: lanes.Committed,
    lanes.RolledBack: lanes.RolledBack,
}


def kinds(said: list[Outgoing]) -> list[tuple[int, type]]:
    return [(shard, type(item)) for shard, item in said]


# --- the way through


def test_a_ticket_goes_from_locking_to_finished() -> None:
    led = Led(FIRST)
    assert led.said == [
        (HERE, lanes.Lock(TICKET, 1, (SENDER,))),
        (FIRST_HOME, lanes.Lock(TICKET, 1, (FIRST,))),
    ]
    assert led.hear(HERE, (lanes.Locked, ())) == []
    assert kinds(led.hear(FIRST_HOME, (lanes.Locked, ()))) == [
        (HERE, lanes.Prepare),
        (FIRST_HOME, lanes.Prepare),
    ]
    assert led.hear(HERE, (lanes.Prepared, 5)) == []
    assert led.hear(FIRST_HOME, (lanes.Prepared, 3)) == []
    assert led.is_at(Stage.READY)
    ((shard, execute),) = led.execute(1_000)
    assert isinstance(execute, lanes.Execute)
    assert (shard, execute.position, execute.raw) == (THERE, 5, b"raw")
    assert (execute.sender, execute.money) == (SENDER, to_amount(1_000))
    assert kinds(led.hear(THERE, EXECUTED)) == [(HERE, lanes.Commit), (FIRST_HOME, lanes.Commit)]
    assert led.agent.payment == (4, 1_000, 70)
    assert led.hear(HERE, lanes.Committed) == []
    assert led.is_at(Stage.COMMITTING)
    led.hear(FIRST_HOME, lanes.Committed)
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.EXECUTED)


def test_what_waits_at_homes_is_sent_along_and_nothing_else_that_was_locked() -> None:
    led = Led(FIRST, SECOND)
    waiting = lanes.Endowment(FIRST, to_amount(7), False)
    taken = lanes.Endowment(SECOND, to_amount(0), True)
    own = lanes.Endowment(SENDER, to_amount(99), True)
    led.hear_all(
        (HERE, (lanes.Locked, (own,))),
        (FIRST_HOME, (lanes.Locked, (waiting,))),
        (SECOND_HOME, (lanes.Locked, (taken,))),
    )
    ((_, execute),) = led.go_to(Stage.READY).execute()
    assert isinstance(execute, lanes.Execute)
    assert execute.endowments == (waiting, taken)


def test_each_shard_commits_the_claims_that_concern_it_and_one_without_none_12() -> None:
    led = Led(FIRST, SECOND).go_to(Stage.EXECUTING)
    claim = lanes.Claim(FIRST, 2, to_amount(7), True)
    said = dict(led.hear(THERE, (lanes.Executed, 4, to_amount(0), (claim,))))
    assert said == {
        HERE: lanes.Commit(TICKET, 1, 4, ()),
        FIRST_HOME: lanes.Commit(TICKET, 1, 4, (claim,)),
        SECOND_HOME: lanes.Commit(TICKET, 1, 4, ()),
    }


def test_nothing_is_executed_before_all_locks_are_held_and_prepared_13() -> None:
    led = Led(FIRST)
    led.hear(HERE, (lanes.Locked, ()))
    assert led.is_at(Stage.LOCKING)
    led.hear(FIRST_HOME, (lanes.Locked, ()))
    led.hear(FIRST_HOME, (lanes.Prepared, 1))
    assert led.is_at(Stage.PREPARING)
    led.hear(FIRST_HOME, (lanes.Prepared, 1))
    assert led.is_at(Stage.PREPARING)


@pytest.mark.parametrize("at_stage", [Stage.LOCKING, Stage.PREPARING])
def test_a_wounded_ticket_rolls_back_everywhere_and_tries_again_with_its_number_14(
    at_stage: Stage,
) -> None:
    led = Led(FIRST).go_to(at_stage)
    said = led.hear(FIRST_HOME, lanes.Wounded)
    assert said == [
        (HERE, lanes.Rollback(TICKET, 1)),
        (FIRST_HOME, lanes.Rollback(TICKET, 1)),
    ]
    assert led.hear(HERE, lanes.RolledBack) == []
    said = led.hear(FIRST_HOME, lanes.RolledBack)
    assert said == [
        (HERE, lanes.Lock(TICKET, 2, (SENDER,))),
        (FIRST_HOME, lanes.Lock(TICKET, 2, (FIRST,))),
    ]
    led.go_to(Stage.FINISHED)
    assert led.agent.ending is Ending.EXECUTED


def test_a_refused_transaction_is_rolled_back_and_ends_once_15() -> None:
    led = Led().go_to(Stage.EXECUTING)
    assert led.hear(THERE, (lanes.Refused, "why")) == [(HERE, lanes.Rollback(TICKET, 1))]
    led.hear(HERE, lanes.RolledBack)
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.INVALID)
    assert led.agent.reason == "why"
    for answer in ANSWERS.values():
        assert led.hear(THERE, answer) == []
    assert led.agent.wake(10**6) == []
    assert (led.agent.ending, led.agent.payment) == (Ending.INVALID, None)


def test_a_refusal_without_a_reason_means_another_epoch() -> None:
    led = Led().go_to(Stage.EXECUTING)
    led.hear(THERE, (lanes.Refused, ""))
    led.hear(HERE, lanes.RolledBack)
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.LATER)


def test_a_contract_that_lives_elsewhere_is_called_there_in_another_epoch() -> None:
    led = Led().go_to(Stage.EXECUTING)
    assert led.hear(THERE, (lanes.Elsewhere, 7)) == [(HERE, lanes.Rollback(TICKET, 1))]
    led.hear(HERE, lanes.RolledBack)
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.LATER)
    assert led.agent.key_elsewhere == 7


def test_once_decided_a_ticket_is_committed_however_often_it_must_be_said_16() -> None:
    led = Led(FIRST).go_to(Stage.COMMITTING)
    led.hear(HERE, lanes.Committed)
    assert not led.agent.is_undecided
    for answer in (lanes.Wounded, lanes.Retry, lanes.RolledBack, (lanes.Refused, "why")):
        assert led.hear(FIRST_HOME, answer) == []
    assert kinds(led.agent.wake(1)) == [(FIRST_HOME, lanes.Commit)]
    led.hear(FIRST_HOME, lanes.Committed)
    assert led.agent.ending is Ending.EXECUTED


# --- again


def test_what_is_needed_besides_is_locked_in_the_next_attempt() -> None:
    led = Led(FIRST).go_to(Stage.EXECUTING)
    said = led.hear(THERE, (lanes.NeedKeys, (SECOND, at(THERE))))
    assert kinds(said) == [(HERE, lanes.Rollback), (FIRST_HOME, lanes.Rollback)]
    led.hear_all((HERE, lanes.RolledBack), (FIRST_HOME, lanes.RolledBack))
    assert led.said == [
        (HERE, lanes.Lock(TICKET, 2, (SENDER,))),
        (FIRST_HOME, lanes.Lock(TICKET, 2, (FIRST,))),
        (SECOND_HOME, lanes.Lock(TICKET, 2, (SECOND,))),
    ]


def test_a_ticket_that_gives_way_rests_longer_each_time() -> None:
    led = Led()
    for attempt in (1, 2, 3):
        led.go_to(Stage.EXECUTING)
        led.hear(THERE, lanes.Retry)
        assert led.hear(HERE, lanes.RolledBack) == []
        assert led.is_at(Stage.RESTING)
        led.now_ms += TICKET_REST_MS * attempt
        assert led.agent.wake(led.now_ms - 1) == []
        assert kinds(led.agent.wake(led.now_ms)) == [(HERE, lanes.Lock)]


def test_what_it_knew_before_a_rollback_is_asked_for_again() -> None:
    led = Led(FIRST)
    stale = lanes.Endowment(FIRST, to_amount(7), False)
    led.hear_all((HERE, (lanes.Locked, ())), (FIRST_HOME, (lanes.Locked, (stale,))))
    led.hear(HERE, (lanes.Prepared, 50))
    led.hear(FIRST_HOME, lanes.Wounded)
    led.hear_all((HERE, lanes.RolledBack), (FIRST_HOME, lanes.RolledBack))
    ((_, execute),) = led.go_to(Stage.READY).execute()
    assert isinstance(execute, lanes.Execute)
    assert (execute.attempt, execute.endowments, execute.position) == (2, (), 3)


def test_attempts_are_bounded() -> None:
    led = Led()
    for _ in range(TICKET_ATTEMPTS_MAX):
        assert led.is_at(Stage.LOCKING)
        led.hear(HERE, lanes.Wounded)
        led.hear(HERE, lanes.RolledBack)
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.LATER)
    assert led.said == []


# --- one phase


def test_a_ticket_of_one_shard_is_executed_at_once() -> None:
    led = Led(destination=HERE)
    assert (led.stage, led.said) == (Stage.READY, [])
    ((shard, execute),) = led.execute(None)
    assert isinstance(execute, lanes.Execute)
    assert (shard, execute.money) == (HERE, None)
    assert led.hear(HERE, EXECUTED) == []
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.EXECUTED)
    assert led.agent.payment is None


def test_a_creation_at_the_senders_shard_locks_only_the_contracts_home() -> None:
    led = Led(FIRST, destination=HERE)
    assert led.said == [(FIRST_HOME, lanes.Lock(TICKET, 1, (FIRST,)))]


def test_a_home_at_the_destination_is_not_asked() -> None:
    assert kinds(Led(at(THERE)).said) == [(HERE, lanes.Lock)]


def test_a_one_phase_ticket_that_gives_way_has_nothing_to_roll_back() -> None:
    led = Led(destination=HERE)
    led.execute(None)
    assert led.hear(HERE, lanes.Retry) == []
    assert led.is_at(Stage.RESTING)
    led.agent.wake(TICKET_REST_MS)
    assert (led.stage, led.attempt) == (Stage.READY, 2)


# --- late, twice, lost

REACHED = [Stage.LOCKING, Stage.PREPARING, Stage.READY, Stage.EXECUTING, Stage.COMMITTING]


@pytest.mark.parametrize("stage", REACHED)
@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_an_answer_acts_where_it_is_waited_for_and_is_late_elsewhere(
    stage: Stage, kind: type
) -> None:
    led = Led(FIRST).go_to(stage)
    led.hear(THERE if stage is Stage.EXECUTING else HERE, ANSWERS[kind])
    acted = led.stage is not stage or len(led.agent._awaited) != _awaited_at(stage)
    assert acted == ((stage, kind) in MOVES)


def _awaited_at(stage: Stage) -> int:
    return len(Led(FIRST).go_to(stage).agent._awaited)


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_answers_to_an_older_attempt_are_ignored(kind: type) -> None:
    for stage in REACHED:
        led = Led(FIRST)
        led.hear(HERE, lanes.Wounded)
        led.hear_all((HERE, lanes.RolledBack), (FIRST_HOME, lanes.RolledBack))
        led.go_to(stage)
        before = set(led.agent._awaited)
        assert led.hear(HERE, ANSWERS[kind], attempt=1) == []
        assert (led.stage, led.attempt, led.agent._awaited) == (stage, 2, before)


@pytest.mark.parametrize("stage", [*REACHED, Stage.ROLLING_BACK])
def test_what_has_no_answer_is_said_again_word_for_word(stage: Stage) -> None:
    led = Led(FIRST)
    if stage is Stage.ROLLING_BACK:
        led.hear(HERE, lanes.Wounded)
    else:
        led.go_to(stage)
    if stage is Stage.READY:
        assert led.agent.wake(5) == []
    else:
        assert led.said
        assert led.agent.wake(5) == led.said
        assert led.agent.said_ms == 5


def test_only_those_who_have_not_answered_are_asked_again() -> None:
    led = Led(FIRST, SECOND)
    led.hear(FIRST_HOME, (lanes.Locked, ()))
    assert kinds(led.agent.wake(5)) == [(HERE, lanes.Lock), (SECOND_HOME, lanes.Lock)]


@pytest.mark.parametrize("stage", REACHED[:3])
def test_giving_up_lets_go_of_everything(stage: Stage) -> None:
    led = Led(FIRST).go_to(stage)
    assert led.agent.is_undecided
    said = led.agent.give_up(1, Ending.LATER)
    assert kinds(said) == [(HERE, lanes.Rollback), (FIRST_HOME, lanes.Rollback)]
    led.hear_all((HERE, lanes.RolledBack), (FIRST_HOME, lanes.RolledBack))
    assert (led.stage, led.agent.ending) == (Stage.FINISHED, Ending.LATER)


@pytest.mark.parametrize("stage", REACHED[3:])
def test_an_agent_that_has_asked_for_the_decision_cannot_give_up_by_itself(stage: Stage) -> None:
    assert not Led(FIRST).go_to(stage).agent.is_undecided


def test_the_table_knows_every_answer_in_the_stage_that_waits_for_it() -> None:
    assert {kind for _, kind in MOVES} == set(ANSWERS)
    waiting = {Stage.LOCKING, Stage.PREPARING, Stage.EXECUTING, Stage.COMMITTING}
    assert {stage for stage, _ in MOVES} == waiting | {Stage.ROLLING_BACK}
