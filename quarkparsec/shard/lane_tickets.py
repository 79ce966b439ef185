"""Lane 2: transactions that need several shards run under tickets.

One object for each shard and round. It joins the shard's *broker* (the tickets of its own senders), its
*participant* (locks), and its *decider* (executions), and is stepped with what other shards say; what it
says to itself never leaves it. Everything here happens one after the other.

A sender has one live ticket at a time, so its nonces stay in order; what follows runs under the next one,
in this lane as long as it isn't a transfer to another shard. Whatever can't run now ends the sender's
row for this epoch. The lane has ended here when no ticket is left; the shard goes on serving other shards'
tickets until the next lane opens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from quarkparsec.broker.agent import Agent, Ending, Outgoing, Stage, Task
from quarkparsec.broker.broker import Broker
from quarkparsec.chain.fees import effective_gas_price
from quarkparsec.chain.legs import Payment
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Rejected
from quarkparsec.runners.validity import check_sender
from quarkparsec.shard.block_draft import BlockDraft, Deferred
from quarkparsec.shard.decider import Decider
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.participant import Participant
from quarkparsec.shard.ticket_legs import apply_payment
from quarkparsec.types import Recipient, ShardId, Wei
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import Tickets

LANE: Final = 2


class TicketLane:
    """One shard's part of lane 2 in one round."""

    number: Final = LANE
    ordered: Final = ()
    """Nothing has its place and isn't executed: who executes it gives it its place."""

    def __init__(
        self,
        draft: BlockDraft,
        neighbourhood: Neighbourhood,
        tickets: Tickets,
        deadline_ms: int,
    ) -> None:
        self._draft: Final = draft
        self._neighbourhood: Final = neighbourhood
        self._broker: Final = Broker(tickets, neighbourhood.home_of, deadline_ms)
        self._participant: Final = Participant(draft)
        self._decider: Final = Decider(draft, self._participant, neighbourhood)
        self._waiting: Final[dict[int, Deferred]] = {}
        """By ticket, what isn't executed yet."""
        self._senders: Final = deque(draft.deferred)
        """Whose next transaction may begin."""
        self._now_ms = 0

    # --- the outside

    @property
    def has_ended(self) -> bool:
        """Whether no ticket of this shard's senders is alive, and none will begin."""
        return self._broker.is_idle and not self._senders

    @property
    def wake_ms(self) -> int | None:
        """When to step again at the latest; None if only others can move anything."""
        return self._broker.wake_ms(self._now_ms)

    def step(self, now_ms: int, items: Iterable[tuple[ShardId, lanes.LaneItem]]) -> list[Outgoing]:
        """Take what other shards say; return what to say to them."""
        self._now_ms = now_ms
        here = self._neighbourhood.shard_id
        inbox, outbox = deque(items), list[Outgoing]()
        said = self._wake_agents() + self._begin_agents()
        while said or inbox:
            inbox.extend((here, item) for destination, item in said if destination == here)
            outbox += [each for each in said if each[0] != here]
            said = self._hear(*inbox.popleft()) if inbox else []
            said += self._begin_agents()
        return outbox

    # --- messages

    def _hear(self, source: ShardId, item: Any) -> list[Outgoing]:
        participant = self._participant
        match item:
            case lanes.Lock():
                return participant.lock(source, item)
            case lanes.Prepare():
                return participant.prepare(source, item)
            case lanes.Commit():
                return participant.commit(source, item) + self._decider.look_again()
            case lanes.Rollback():
                return participant.rollback(source, item) + self._decider.look_again()
            case lanes.Execute():
                return self._decider.hear(source, item)
        heard = self._broker.hear(self._now_ms, source, item)
        return [] if heard is None else self._advance(*heard)

    # --- agents

    def _begin_agents(self) -> list[Outgoing]:
        said: list[Outgoing] = []
        while self._senders and not self._broker.is_full:
            said += self._begin_next_of(self._senders.popleft())
        return said

    def _begin_next_of(self, sender: Recipient) -> list[Outgoing]:
        """Begin a ticket for the sender's next transaction, if this lane is for it."""
        row = self._draft.deferred[sender]
        if not row or self._neighbourhood.crosses(row[0].candidate):
            return []
        deferred = row[0]
        agent = self._broker.begin(self._now_ms, self._task_of(deferred), deferred.needs)
        if agent is None:
            row.clear()
            return []
        self._waiting[agent.ticket] = row.pop(0)
        return self._advance(agent, agent.wake(self._now_ms))

    def _task_of(self, deferred: Deferred) -> Task:
        transaction, to_key, _ = deferred.candidate
        return Task(
            transaction.raw,
            transaction.sender,
            to_key,
            self._neighbourhood.shard_id,
            self._neighbourhood.destination_of(deferred.candidate),
        )

    def _wake_agents(self) -> list[Outgoing]:
        woken = self._broker.wake(self._now_ms)
        return [each for agent, said in woken for each in self._advance(agent, said)]

    def _advance(self, agent: Agent, said: list[Outgoing]) -> list[Outgoing]:
        """Do what only the sender's shard can do for an agent that has come to a new stage."""
        if agent.stage is Stage.READY:
            return said + self._advance(agent, self._let_execute(agent))
        if agent.stage is Stage.COMMITTING and agent.ticket in self._waiting:
            self._settle(agent)
        if agent.stage is Stage.FINISHED:
            self._finish(agent)
        return said

    def _let_execute(self, agent: Agent) -> list[Outgoing]:
        """Look whether the sender can pay; nobody else can change that now."""
        task = agent.task
        if task.origin == task.destination:
            return agent.execute(self._now_ms, None)
        transaction = self._waiting[agent.ticket].candidate.transaction
        context = self._draft.context
        try:
            check_sender(self._draft.journal, transaction, context)
            price = effective_gas_price(transaction, context.base_fee)
        except Rejected as refusal:
            return agent.give_up(self._now_ms, Ending.INVALID, str(refusal))
        money = transaction.gas_limit * price + transaction.value
        return agent.execute(self._now_ms, Wei(money))

    def _settle(self, agent: Agent) -> None:
        """The transaction is executed: its sender pays, once."""
        deferred = self._waiting.pop(agent.ticket)
        if agent.payment is not None:
            position, money, money_back = agent.payment
            sender = deferred.candidate.transaction.sender
            apply_payment(self._draft, Payment(position, agent.ticket, sender, money, money_back))

    def _finish(self, agent: Agent) -> None:
        """Let the sender's next transaction begin, if this one took place."""
        self._broker.finish(agent)
        deferred = self._waiting.pop(agent.ticket, None)
        sender = agent.task.sender
        if agent.ending is Ending.EXECUTED:
            self._senders.append(sender)
            return
        self._draft.deferred[sender].clear()
        if deferred is not None:
            self._give_up_on(deferred.candidate.transaction, agent)

    def _give_up_on(self, transaction: Transaction, agent: Agent) -> None:
        if agent.ending is Ending.INVALID:
            self._draft.refuse(transaction, agent.reason)
        elif agent.key_elsewhere is not None:
            self._draft.reroute(transaction, agent.key_elsewhere)
