"""A broker begins tickets, leads them, and ends what is undecided when time is up."""

from __future__ import annotations

from quarkparsec.broker.agent import Agent, Ending, Stage, Task
from quarkparsec.broker.broker import Broker
from quarkparsec.limits import RESEND_MS, TICKETS_LIVE_MAX
from quarkparsec.types import Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import Tickets

DEADLINE_MS = 500
SENDER = Recipient(bytes(20))
HOME, AWAY = ShardId(0), ShardId(1)
TASK = Task(b"raw", SENDER, ShardKey(1), HOME, AWAY)


def broker(count: int = 10) -> Broker:
    tickets = Tickets(7, 4, count)
    return Broker(tickets, lambda each: shard_of(home_key(each), 2), DEADLINE_MS)


def begun(made: Broker, now_ms: int = 0) -> Agent:
    agent = made.begin(now_ms, TASK, ())
    assert agent is not None
    agent.wake(now_ms)
    return agent


def test_tickets_get_the_numbers_of_the_range_in_their_order() -> None:
    made = broker(3)
    assert [begun(made).ticket for _ in range(3)] == [7, 11, 15]
    assert made.begin(0, TASK, ()) is None


def test_no_ticket_begins_when_time_is_up() -> None:
    assert broker().begin(DEADLINE_MS, TASK, ()) is None


def test_an_answer_goes_to_the_agent_of_its_ticket() -> None:
    made = broker()
    first, second = begun(made), begun(made)
    heard = made.hear(1, HOME, lanes.Locked(second.ticket, 1, ()))
    assert heard == (second, [(HOME, lanes.Prepare(second.ticket, 1))])
    assert (first.stage, second.stage) == (Stage.LOCKING, Stage.PREPARING)


def test_an_answer_for_a_finished_ticket_concerns_nobody() -> None:
    made = broker()
    agent = begun(made)
    made.finish(agent)
    assert made.is_idle
    assert made.hear(1, HOME, lanes.Locked(agent.ticket, 1, ())) is None


def test_what_has_no_answer_is_said_again() -> None:
    made = broker()
    agent = begun(made)
    assert list(made.wake(RESEND_MS // 4)) == []
    lock = lanes.Lock(agent.ticket, 1, (SENDER,))
    late = Broker(Tickets(7, 4, 1), lambda _: HOME, 10 * RESEND_MS)
    again = late.begin(0, TASK, ())
    assert again is not None
    again.wake(0)
    assert list(late.wake(RESEND_MS)) == [(again, [(HOME, lock)])]


def test_what_is_undecided_when_time_is_up_gives_way() -> None:
    made = broker()
    agent = begun(made)
    ((woken, said),) = made.wake(DEADLINE_MS)
    assert (woken, said) == (agent, [(HOME, lanes.Rollback(agent.ticket, 1))])
    assert agent.ending is Ending.LATER


def test_what_was_sent_to_be_decided_is_waited_for() -> None:
    made = broker()
    agent = begun(made)
    made.hear(1, HOME, lanes.Locked(agent.ticket, 1, ()))
    made.hear(1, HOME, lanes.Prepared(agent.ticket, 1, 0))
    agent.execute(1, None)
    assert [said for _, said in made.wake(DEADLINE_MS)] == []
    assert agent.stage is Stage.EXECUTING


def test_so_many_tickets_live_at_once_and_no_more() -> None:
    made = broker(TICKETS_LIVE_MAX)
    agents = [begun(made) for _ in range(TICKETS_LIVE_MAX)]
    assert made.is_full
    made.finish(agents[0])
    assert not made.is_full


def test_it_wakes_for_rests_for_the_deadline_and_for_answers_that_do_not_come() -> None:
    made = broker()
    assert made.wake_ms(100) is None
    agent = begun(made)
    assert made.wake_ms(100) == DEADLINE_MS < 100 + RESEND_MS
    agent.stage = Stage.EXECUTING
    assert made.wake_ms(100) == 100 + RESEND_MS
    agent.stage = Stage.RESTING
    assert made.wake_ms(100) == 101
