"""The broker: makes many shards look like one store to the transactions of one shard's senders.

It begins tickets with the numbers that the ticket machine gave it for one round, leads each to its end through
its agent, says again what has no answer, and ends what is undecided when time is up. What PArSEC's broker
does for its agents (try_lock, prepare, commit, rollback) is what the agents say, batched by shard on the
way out; a ticket is finished once every shard has answered its commit or its rollback.

There is nothing to recover. A broker lives as long as its round: when its shard, the master or any
participant is gone, the round is aborted and all shards forget it, tickets, locks and legs; when the root
block is durable, everything is committed. So the table of PArSEC's recovery has two rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from quarkparsec.broker.agent import Agent, Ending, Outgoing, Stage, Task
from quarkparsec.broker.ticket_machine import numbers
from quarkparsec.limits import RESEND_MS, TICKETS_LIVE_MAX
from quarkparsec.types import Recipient, ShardId
from quarkparsec.wire.epoch import Tickets


class Broker:
    """The live tickets of one shard's senders."""

    def __init__(
        self, tickets: Tickets, home_of: Callable[[Recipient], ShardId], deadline_ms: int
    ) -> None:
        self._numbers: Final = iter(numbers(tickets))
        self._home_of: Final = home_of
        self._deadline_ms: Final = deadline_ms
        self._agents: Final[dict[int, Agent]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether no ticket is alive."""
        return not self._agents

    @property
    def is_full(self) -> bool:
        """Whether another ticket has to wait until one is finished."""
        return len(self._agents) >= TICKETS_LIVE_MAX

    def wake_ms(self, now_ms: int) -> int | None:
        """When to wake it at the latest; None if only others can move anything."""
        if not self._agents:
            return None
        agents = self._agents.values()
        if any(agent.stage is Stage.RESTING for agent in agents):
            return now_ms + 1
        is_undecided = now_ms < self._deadline_ms and any(each.is_undecided for each in agents)
        return min(now_ms + RESEND_MS, self._deadline_ms) if is_undecided else now_ms + RESEND_MS

    def begin(self, now_ms: int, task: Task, needs: tuple[Recipient, ...]) -> Agent | None:
        """A new ticket; None if there is no number left, or no time."""
        ticket = None if now_ms >= self._deadline_ms else next(self._numbers, None)
        if ticket is None:
            return None
        agent = self._agents[ticket] = Agent(ticket, task, self._home_of, now_ms)
        agent.need(needs)
        return agent

    def hear(self, now_ms: int, source: ShardId, item: Any) -> tuple[Agent, list[Outgoing]] | None:
        """A shard answers: the agent that it concerns, if it lives, and what that says."""
        agent = self._agents.get(item.ticket)
        return None if agent is None else (agent, agent.hear(now_ms, source, item))

    def wake(self, now_ms: int) -> Iterator[tuple[Agent, list[Outgoing]]]:
        """Those whose rest is over, who wait too long for an answer, or whose time is up."""
        for agent in list(self._agents.values()):
            if agent.is_undecided and now_ms >= self._deadline_ms:
                yield agent, agent.give_up(now_ms, Ending.LATER)
            elif agent.stage is Stage.RESTING or now_ms - agent.said_ms >= RESEND_MS:
                yield agent, agent.wake(now_ms)

    def finish(self, agent: Agent) -> None:
        """Forget a ticket; its number is never used again."""
        del self._agents[agent.ticket]
