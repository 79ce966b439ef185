"""The master in the epoch protocol: step(now, event) → effects.

The states are in `states`, the messages in `wire.epoch`, the driver's duties in `effects`. MOVES at the end
says which events a state acts on. Rules:

1. The master says nothing before its term is durable, and `Commit` only after the root block is.
2. An epoch goes on, from lane to lane, only with the answer of *every* participant. One that is silent for
   too long, answers something else, or has to join again aborts the attempt for all; the next attempt is
   made without it. Nobody is silent while a participant works. What follows a lane is decided in `barriers`.
3. A `Join` is answered with a `Welcome` only when the fate of the sealed block that it reports is known:
   its epoch is committed, or its round is over. If that round is still open, the report counts as `Sealed`.
4. What has no answer is said again; each shard's answers are idempotent, and so is counting them.
5. Answers are believed only from joined members and for the current round.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, get_args

from quarkparsec.broker.ticket_machine import TicketMachine
from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.fees import base_fee_after
from quarkparsec.chain.genesis import Genesis
from quarkparsec.codec import rlp
from quarkparsec.effects import Effects, Persisted, Tick
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import (
    ANSWER_TIMEOUT_MS,
    BLOCK_HASH_WINDOW,
    GAS_PER_MS_MIN,
    RESEND_MS,
    TICKETS_PER_ROUND,
)
from quarkparsec.root import root_store as rows
from quarkparsec.root.barriers import IN_SHARD, missing_participants, next_lane
from quarkparsec.root.blocks import build_root_block, check_summary
from quarkparsec.root.epoch_plan import plan_epoch
from quarkparsec.root.events import Announce, Effect, Event, Excluded, LinkDown, LinkUp
from quarkparsec.root.members import Member
from quarkparsec.root.orders import commit_order, lane_order, owed_message, seal_order
from quarkparsec.root.pace import Pace, participants
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.states import (
    Between,
    Executing,
    InRound,
    Sealing,
    Starting,
    State,
    Storing,
)
from quarkparsec.store import Batch, Store
from quarkparsec.types import Epoch, ShardId, Wei, home_key, shard_of
from quarkparsec.wire import epoch as wire


class RootMachine:
    """The driver of the epochs, and the root chain's head."""

    def __init__(self, genesis: Genesis, store: Store) -> None:
        self._genesis: Final = genesis
        self._chain: Final = RootStore(store)
        self._head = self._chain.head()
        self._hashes = deque(self._chain.last_hashes(BLOCK_HASH_WINDOW), BLOCK_HASH_WINDOW)
        self._term = self._chain.term() + 1
        self._attempt = 0
        self._members: Final = tuple(Member(summary.shard_id) for summary in self._head.summaries)
        self._coinbase_home: Final = shard_of(home_key(genesis.coinbase), self._head.shard_count)
        self._pace: Final = Pace(genesis)
        self._patience_ms: Final = ANSWER_TIMEOUT_MS + genesis.gas_limit // GAS_PER_MS_MIN
        self._tick_ms = 0
        """When to look next whether something must be said again."""
        self._tickets: Final = TicketMachine(self._term, self._chain.tickets_bound())
        self._reservations: Final[dict[int, int]] = {}
        """Token → the bound of tickets that is being written."""
        self._state: State = Starting(0)
        self._now_ms = 0
        self._wake_ms = 0
        self._effects: Final = Effects[Announce | Excluded]()

    # --- the outside

    @property
    def head(self) -> RootBlock:
        """The last committed root block."""
        return self._head

    @property
    def state(self) -> State:
        """Where the master stands."""
        return self._state

    @property
    def term(self) -> int:
        """How often a master was started on this root chain."""
        return self._term

    @property
    def members(self) -> tuple[Member, ...]:
        """What is known of each shard, in shard order."""
        return self._members

    def start(self, now_ms: int) -> list[Effect]:
        """Come up: the first step, before any event."""
        self._now_ms = now_ms
        self._reserve_tickets()
        self._state = Starting(self._persist(rows.term_batch(self._term)))
        return self._take_effects()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event; then open an epoch if it is time."""
        self._now_ms = now_ms
        if isinstance(event, Persisted) and event.token in self._reservations:
            self._tickets.reserved(self._reservations.pop(event.token))
        move = MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = move(self, self._state, event)
        if isinstance(self._state, Between):
            self._state = self._open_if_due(self._state)
        return self._take_effects()

    # --- members come and go

    def _begin(self, starting: Starting, event: Persisted) -> State:
        if event.token != starting.token:
            return starting
        for member in self._members:
            self._invite(member)
        self._tick_ms = self._now_ms + RESEND_MS
        return Between()

    def _link_up(self, now: State, event: LinkUp) -> State:
        member = self._members[event.shard_id]
        if not member.joined:
            self._invite(member)
        return now

    def _link_down(self, now: State, event: LinkDown) -> State:
        return self._exclude(now, self._members[event.shard_id], "its link is down")

    def _join(self, now: State, event: wire.Join) -> State:
        """Answer a visit; rule 3."""
        member = self._members[event.shard_id]
        sealed = event.sealed
        if event.genesis_hash != self._genesis.hash:
            return self._exclude(now, member, "it has another genesis")
        if event.visit < member.visit or (sealed and sealed.round.term > self._term):
            return now
        if event.visit > member.visit:
            member.begin_visit(event.visit)
            now = self._lose_place(now, member, sealed)
        if sealed is None or not _is_undecided(now, sealed):
            self._welcome(member)
        return now

    def _lose_place(self, now: State, member: Member, sealed: wire.Sealed | None) -> State:
        """A participant that starts over has forgotten the round, unless it has sealed it."""
        if not isinstance(now, InRound) or member.shard_id not in now.plan.participants:
            return now
        if isinstance(now, Sealing) and sealed and sealed.round == now.plan.round:
            return self._count_sealed(now, member, sealed)
        return self._abort(now)

    def _welcome(self, member: Member) -> None:
        member.joined = True
        self._ask(
            member,
            wire.Welcome(
                member.shard_id,
                member.visit,
                self._term,
                self._head.number,
                tuple(self._hashes),
                self._head.summaries[member.shard_id].block_hash,
                wire.to_amount(base_fee_after(self._head.header)),
                self._head.shard_count,
            ),
        )

    def _exclude(self, now: State, member: Member, reason: str) -> State:
        """Go on without a shard until it joins again; rule 2."""
        if member.joined:
            self._effects.announce(Excluded(member.shard_id, reason))
        member.joined = False
        if isinstance(now, InRound) and member.shard_id in now.plan.participants:
            return self._abort(now)
        return now

    def _hear_of_work(self, now: State, event: wire.HasWork) -> State:
        member = self._joined(event)
        if member is not None:
            member.work = max(member.work, event.work)
        return now

    def _hear_of_commit(self, now: State, event: wire.Committed) -> State:
        member = self._joined(event)
        if member is not None and event.term == self._term:
            member.follow(event.epoch, event.work)
        return now

    def _hear_of_progress(self, now: State, event: wire.Working) -> State:
        """The other participants may be waiting for what this one is working on (rule 2)."""
        member = self._joined(event)
        if member is not None and event.term == self._term:
            together = now.plan.participants if isinstance(now, InRound) else ()
            for shard_id in together if member.shard_id in together else (member.shard_id,):
                self._members[shard_id].working_ms = self._now_ms
        return now

    # --- an epoch

    def _open_if_due(self, between: Between) -> State:
        due_ms = self._pace.due_ms(self._members, self._head.number)
        if due_ms is None or self._now_ms < due_ms:
            return between
        self._reserve_tickets()
        present = [member.shard_id for member in self._members if member.joined]
        if self._tickets.left < len(present) * TICKETS_PER_ROUND:
            return between
        self._pace.opened(self._now_ms)
        plan = plan_epoch(
            self._head,
            wire.Round(Epoch(self._head.number + 1), self._term, self._attempt),
            participants(self._members, self._coinbase_home),
            self._tickets.grant_all(present, self._term, TICKETS_PER_ROUND),
            self._now_ms,
        )
        return self._go_on(self._open(Executing(plan, IN_SHARD, {}), plan.participants))

    def _open(self, now: Executing, shards: Iterable[ShardId]) -> Executing:
        for shard_id in shards:
            order = lane_order(self._head, now.plan, now.lane, shard_id)
            self._ask(self._members[shard_id], order)
        return now

    def _count_lane(self, now: Executing, event: wire.LaneEnded) -> State:
        member = self._joined(event)
        if member is None or event.round != now.plan.round or event.lane != now.lane:
            return now
        now.ended[member.shard_id] = event
        return self._go_on(now)

    def _go_on(self, now: Executing) -> State:
        """Everybody has ended the lane: enlist who is missing, open the next, or seal."""
        if len(now.ended) < len(now.plan.participants):
            return now
        ended = tuple(now.ended.values())
        missing = missing_participants(now.plan, ended) if now.lane == IN_SHARD else ()
        if missing:
            return self._open(now._replace(plan=now.plan.enlist(missing)), missing)
        lane = next_lane(now.lane, ended)
        if lane is not None:
            return self._open(Executing(now.plan, lane, {}), now.plan.participants)
        return self._seal(now)

    def _seal(self, now: Executing) -> State:
        plan = now.plan
        tips = {shard_id: wire.from_amount(ended.tips) for shard_id, ended in now.ended.items()}
        at_home = self._coinbase_home in plan.participants
        total = Wei(self._head.fees_pending + sum(tips.values()))
        sealing = Sealing(plan, tips, {self._coinbase_home: total} if at_home else {}, {})
        for shard_id in plan.participants:
            self._ask(self._members[shard_id], seal_order(sealing, shard_id))
        return self._store_if_sealed(sealing)

    def _hear_of_sealed(self, now: Sealing, event: wire.Sealed) -> State:
        member = self._joined(event)
        if member is None or event.round != now.plan.round:
            return now
        return self._count_sealed(now, member, event)

    def _count_sealed(self, now: Sealing, member: Member, event: wire.Sealed) -> State:
        try:
            summary = ShardSummary.from_item(rlp.decode_list(event.summary))
            if summary.shard_id != member.shard_id:
                raise InvalidInput("sealed for another shard")
            check_summary(summary, now.plan, self._head, now.tips[member.shard_id])
        except InvalidInput as fault:
            return self._exclude(now, member, str(fault))
        now.summaries[member.shard_id] = summary
        return self._store_if_sealed(now)

    def _store_if_sealed(self, now: Sealing) -> State:
        if len(now.summaries) < len(now.plan.participants):
            return now
        block = build_root_block(self._head, now.plan, now.summaries, Wei(sum(now.fees.values())))
        return Storing(block, self._persist(rows.block_batch(block)))

    def _commit(self, storing: Storing, event: Persisted) -> State:
        """The root block is durable: tell everybody; rule 1."""
        if event.token != storing.token:
            return storing
        self._head = storing.block
        self._pace.committed(self._head, self._members)
        self._hashes.append(storing.block.hash)
        self._attempt = 0
        for member in self._members:
            if member.joined:
                self._ask(member, commit_order(self._head, self._term, member.shard_id))
        self._effects.announce(Announce(storing.block))
        return Between()

    def _abort(self, now: InRound) -> State:
        self._attempt += 1
        for shard_id in now.plan.participants:
            self._effects.send(wire.Abort(shard_id, now.plan.round))
        return Between()

    # --- saying things again

    def _tick(self, now: State, _: Tick) -> State:
        """Repeat what has no answer; give up on those who had the time."""
        for member in self._members:
            now = self._chase(now, member)
        self._tick_ms = self._now_ms + RESEND_MS
        return now

    def _chase(self, now: State, member: Member) -> State:
        owed = owed_message(now, self._head, self._term, member)
        if owed is None:
            return now
        if member.joined and member.is_lost(self._now_ms, self._patience_ms):
            return self._exclude(now, member, "it did not answer in time")
        if self._now_ms - member.said_ms >= RESEND_MS:
            member.said_ms = self._now_ms
            self._effects.send(owed)
        return now

    # --- messages and effects

    def _joined(self, message: wire.FromShard) -> Member | None:
        """The member that speaks; one that isn't joined is invited instead of heard (rule 5)."""
        member = self._members[message.shard_id]
        if member.joined:
            return member
        self._invite(member)
        return None

    def _invite(self, member: Member) -> None:
        member.said_ms = self._now_ms
        self._effects.send(wire.Invite(member.shard_id, self._term, member.visit))

    def _ask(self, member: Member, message: wire.FromMaster) -> None:
        """Say something for the first time that wants an answer."""
        member.said_ms = member.asked_ms = self._now_ms
        self._effects.send(message)

    def _persist(self, batch: Batch) -> int:
        return self._effects.persist(batch, sync=True)

    def _reserve_tickets(self) -> None:
        """Make more tickets durable before they are short."""
        bound = self._tickets.reserve_if_low(len(self._members) * TICKETS_PER_ROUND)
        if bound is not None:
            self._reservations[self._persist(rows.tickets_batch(bound))] = bound

    def _take_effects(self) -> list[Effect]:
        self._wake()
        return self._effects.take()

    def _wake(self) -> None:
        """Ask for the next tick: when something may have to be repeated, or an epoch opens."""
        at_ms = self._tick_ms
        if isinstance(self._state, Between):
            due_ms = self._pace.due_ms(self._members, self._head.number)
            at_ms = at_ms if due_ms is None else min(at_ms, due_ms)
        if at_ms != self._wake_ms:
            self._wake_ms = at_ms
            self._effects.wake_at(at_ms)


def _is_undecided(now: State, sealed: wire.Sealed) -> bool:
    """Whether the round of a sealed block may still be committed, or may be already (rule 3)."""
    if isinstance(now, Storing):
        return sealed.round.epoch == now.block.number
    return isinstance(now, InRound) and sealed.round == now.plan.round


_Move = Callable[[RootMachine, Any, Any], State]


def _once_started(move: _Move) -> dict[type, _Move]:
    started = (Between, *get_args(InRound), Storing)
    return dict.fromkeys(started, move)


MOVES: Final[Mapping[type, Mapping[type, _Move]]] = {
    wire.Join: _once_started(RootMachine._join),
    wire.HasWork: _once_started(RootMachine._hear_of_work),
    wire.Committed: _once_started(RootMachine._hear_of_commit),
    wire.Working: _once_started(RootMachine._hear_of_progress),
    wire.LaneEnded: {Executing: RootMachine._count_lane},
    wire.Sealed: {Sealing: RootMachine._hear_of_sealed},
    LinkUp: _once_started(RootMachine._link_up),
    LinkDown: _once_started(RootMachine._link_down),
    Persisted: {Starting: RootMachine._begin, Storing: RootMachine._commit},
    Tick: _once_started(RootMachine._tick),
}
