"""The master in the epoch protocol: step(now, event) → effects.

The states are in `states`, the messages in `wire.epoch`, the driver's duties in `effects`. MOVES at the end
says which events a state acts on. Rules:

1. The master says nothing before its term is durable, and `Commit` only after the root block is.
2. An epoch goes on, from lane to lane, only with the answer of *every* participant. One that is silent for
   too long, answers something else, or has to join again aborts the attempt for all; the next attempt is
   made without it. Nobody is silent while a participant works, and one whose own part of lane 2 or 3 is over
   may still work for others: it is asked until theirs is over, too. What follows a lane is in `barriers`.
3. A `Join` is answered with a `Welcome` only when the fate of the sealed block that it reports is known:
   its epoch is committed, or its round is over. If that round is still open, the report counts as `Sealed`.
4. What has no answer is said again; each shard's answers are idempotent, and so is counting them.
5. Answers are believed only from joined members and for the current round.

What operators ask for (more shards, other slaves, a shard elsewhere) is refused with Rejected before anything
has changed, or is under way when the call returns: see `rearrangement`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, get_args

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.effects import Effects, Persisted, Tick
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import BLOCK_HASH_WINDOW, RESEND_MS
from quarkparsec.root import root_store as rows
from quarkparsec.root.barriers import IN_SHARD, missing_participants, next_lane
from quarkparsec.root.blocks import build_root_block, coinbase_home, read_summary
from quarkparsec.root.events import Announce, Effect, Event, LinkDown, LinkUp, Told
from quarkparsec.root.members import Member
from quarkparsec.root.membership import Membership
from quarkparsec.root.orders import (
    commit_order,
    lane_order,
    owed_message,
    seal_order,
    welcome_order,
)
from quarkparsec.root.rearrangement import Rearrangement
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.schedule import Schedule
from quarkparsec.root.states import (
    Between,
    Executing,
    InRound,
    Sealing,
    Starting,
    State,
    Storing,
    is_undecided,
    takes_part,
)
from quarkparsec.root.ticket_supply import TicketSupply
from quarkparsec.root.topology import Move, SlavePlace, Topology
from quarkparsec.store import Store
from quarkparsec.types import ShardId, Wei
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import (
    Committed,
    HasWork,
    Join,
    LaneEnded,
    Sealed,
    Working,
    from_amount,
)


class RootMachine:
    """The driver of the epochs, and the root chain's head."""

    def __init__(self, genesis: Genesis, store: Store) -> None:
        chain = RootStore(store)
        self._genesis: Final = genesis
        self._head = chain.head()
        self._hashes = deque(chain.last_hashes(BLOCK_HASH_WINDOW), BLOCK_HASH_WINDOW)
        self._term = chain.term() + 1
        self._effects: Final = Effects[Told]()
        self._members: Final = Membership(
            self._head.shard_count, self._term, genesis.gas_limit, self._effects
        )
        self._rearrangement: Final = Rearrangement(chain.topology(), self._members, self._effects)
        self._tickets: Final = TicketSupply(self._term, chain.tickets_bound(), self._effects)
        self._schedule: Final = Schedule(
            genesis, self._term, self._tickets, self._members, self._rearrangement
        )
        self._tick_ms = 0
        """When to look next whether something must be said again."""
        self._state: State = Starting(0)
        self._now_ms = 0
        self._wake_ms = 0

    # --- the outside

    @property
    def head(self) -> RootBlock:
        """The last committed root block."""
        return self._head

    @property
    def topology(self) -> Topology:
        """Who is where, durably."""
        return self._rearrangement.topology

    @property
    def splits(self) -> bool:
        """Whether the next root block is to split the shards."""
        return self._rearrangement.splits

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
        return tuple(self._members)

    def start(self, now_ms: int) -> list[Effect]:
        """Come up: the first step, before any event."""
        self._now_ms = now_ms
        self._tickets.reserve(len(self._members))
        token = self._effects.persist(rows.term_batch(self._term), sync=True)
        self._state = Starting(token)
        return self._end_step()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event; then open an epoch if it is time."""
        self._now_ms = now_ms
        if isinstance(event, Persisted):
            self._tickets.written(event.token)
            self._rearrangement.written(now_ms, event.token)
        move = MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = move(self, self._state, event)
        return self._end_step()

    # --- what operators ask for

    def reshard(self, now_ms: int, shard_count: int) -> list[Effect]:
        """Split every shard in two with the next root block. Raises Rejected."""
        self._now_ms = now_ms
        self._rearrangement.reshard(self._head, shard_count)
        return self._end_step()

    def add_slave(self, now_ms: int, slave: SlavePlace) -> list[Effect]:
        """Let a slave belong to the cluster. Raises Rejected."""
        self._now_ms = now_ms
        self._rearrangement.add_slave(slave)
        return self._end_step()

    def remove_slave(self, now_ms: int, name: str) -> list[Effect]:
        """Let a slave that holds nothing go. Raises Rejected."""
        self._now_ms = now_ms
        self._rearrangement.remove_slave(name)
        return self._end_step()

    def hold(self, now_ms: int, shard_id: ShardId) -> list[Effect]:
        """Keep a shard out of the epochs to come; `Held` says when it is. Raises Rejected."""
        self._now_ms = now_ms
        self._rearrangement.hold(shard_id)
        return self._end_step()

    def release(self, now_ms: int, shard_id: ShardId) -> list[Effect]:
        """Let a shard that was held take part again where it is. Raises Rejected if it has moved."""
        self._now_ms = now_ms
        self._rearrangement.release(now_ms, shard_id)
        return self._end_step()

    def move(self, now_ms: int, move: Move) -> list[Effect]:
        """Let another slave hold a shard that is held; `Rearranged` says when. Raises Rejected."""
        self._now_ms = now_ms
        self._rearrangement.move(move)
        return self._end_step()

    # --- members come and go

    def _begin(self, starting: Starting, event: Persisted) -> State:
        if event.token != starting.token:
            return starting
        self._members.invite_all(self._now_ms)
        self._tick_ms = self._now_ms + RESEND_MS
        return Between()

    def _link_up(self, now: State, event: LinkUp) -> State:
        self._members.invite(self._now_ms, self._members[event.shard_id])
        return now

    def _link_down(self, now: State, event: LinkDown) -> State:
        return self._exclude(now, self._members[event.shard_id], "its link is down")

    def _join(self, now: State, event: Join) -> State:
        """Answer a visit; rule 3."""
        member = self._members[event.shard_id]
        sealed = event.sealed
        if event.genesis_hash != self._genesis.hash:
            return self._exclude(now, member, "it has another genesis")
        is_past = event.visit < member.visit or (sealed and sealed.round.term > self._term)
        if is_past or member.is_held:
            return now
        if event.visit > member.visit:
            member.begin_visit(event.visit)
            now = self._lose_place(now, member, sealed)
        if sealed is None or not is_undecided(now, sealed):
            self._welcome(member)
        return now

    def _lose_place(self, now: State, member: Member, sealed: Sealed | None) -> State:
        """A participant that starts over has forgotten the round, unless it has sealed it."""
        if not takes_part(now, member.shard_id):
            return now
        if isinstance(now, Sealing) and sealed and sealed.round == now.plan.round:
            return self._count_sealed(now, member, sealed)
        return self._abort(now)

    def _welcome(self, member: Member) -> None:
        member.joined = True
        self._ask(welcome_order(self._head, self._hashes, self._term, member))

    def _exclude(self, now: State, member: Member, reason: str) -> State:
        """Go on without a shard until it joins again; rule 2."""
        self._members.exclude(member, reason)
        return self._abort(now) if takes_part(now, member.shard_id) else now

    def _hear_of_work(self, now: State, event: HasWork) -> State:
        self._members.hear_of_work(self._now_ms, event)
        return now

    def _hear_of_commit(self, now: State, event: Committed) -> State:
        """One that was still applying its Welcome when the next root block was committed missed the Commit."""
        member = self._members.hear_of_commit(self._now_ms, event)
        if member is not None and not member.is_caught_up(self._head.number):
            self._ask(commit_order(self._head, self._term, member.shard_id))
        return now

    def _hear_of_progress(self, now: State, event: Working) -> State:
        """The other participants may be waiting for what this one is working on (rule 2)."""
        together = now.plan.participants if takes_part(now, event.shard_id) else ()
        self._members.hear_of_progress(self._now_ms, event, together)
        return now

    # --- an epoch

    def _open_if_due(self, between: Between) -> State:
        plan = self._schedule.next_plan(self._now_ms, self._head)
        if plan is None:
            return between
        return self._go_on(self._open(Executing(plan, IN_SHARD, {}), plan.participants))

    def _open(self, now: Executing, shards: Iterable[ShardId]) -> Executing:
        for shard_id in shards:
            self._ask(lane_order(self._head, now.plan, now.lane, shard_id))
        return now

    def _count_lane(self, now: Executing, event: LaneEnded) -> State:
        member = self._members.hear(self._now_ms, event)
        if member is None or event.round != now.plan.round or event.lane != now.lane:
            return now
        now.ended[member.shard_id] = event
        member.asked_ms = None
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
        tips = {shard_id: from_amount(ended.tips) for shard_id, ended in now.ended.items()}
        home = coinbase_home(self._head)
        total = Wei(self._head.fees_pending + sum(tips.values()))
        sealing = Sealing(plan, tips, {home: total} if home in plan.participants else {}, {})
        for shard_id in plan.participants:
            self._ask(seal_order(sealing, shard_id))
        return self._store_if_sealed(sealing)

    def _hear_of_sealed(self, now: Sealing, event: Sealed) -> State:
        member = self._members.hear(self._now_ms, event)
        if member is None or event.round != now.plan.round:
            return now
        return self._count_sealed(now, member, event)

    def _count_sealed(self, now: Sealing, member: Member, event: Sealed) -> State:
        tips = now.tips[member.shard_id]
        try:
            summary = read_summary(event, now.plan, self._head, tips)
        except InvalidInput as fault:
            return self._exclude(now, member, str(fault))
        now.summaries[member.shard_id] = summary
        return self._store_if_sealed(now)

    def _store_if_sealed(self, now: Sealing) -> State:
        if len(now.summaries) < len(now.plan.participants):
            return now
        fees, splits = Wei(sum(now.fees.values())), self._rearrangement.splits
        block = build_root_block(self._head, now.plan, now.summaries, fees, splits=splits)
        return Storing(block, self._write(block, splits=splits))

    def _write(self, block: RootBlock, *, splits: bool) -> int:
        batch = rows.block_batch(block)
        if splits:
            return self._rearrangement.divide(batch)
        return self._effects.persist(batch, sync=True)

    def _commit(self, storing: Storing, event: Persisted) -> State:
        """The root block is durable: tell everybody; rule 1."""
        if event.token != storing.token:
            return storing
        before, self._head = self._head, storing.block
        self._schedule.committed(before, self._head)
        self._hashes.append(self._head.hash)
        for shard_id in self._members.present:
            self._ask(commit_order(self._head, self._term, shard_id))
        self._members.grow(self._head.shard_count)
        self._effects.announce(Announce(self._head))
        return Between()

    def _abort(self, now: InRound) -> State:
        self._schedule.aborted()
        for shard_id in now.plan.participants:
            self._effects.send(wire.Abort(shard_id, now.plan.round))
        return Between()

    # --- saying things again

    def _tick(self, now: State, _: Tick) -> State:
        """Repeat what has no answer; give up on those who had the time."""
        for member in self._members:
            owed = owed_message(now, self._head, self._term, member)
            if owed is not None and not self._members.ask_again(self._now_ms, owed):
                now = self._exclude(now, member, "it did not answer in time")
        self._tick_ms = self._now_ms + RESEND_MS
        return now

    def _ask(self, message: wire.FromMaster) -> None:
        self._members.ask(self._now_ms, message)

    # --- the end of a step

    def _end_step(self) -> list[Effect]:
        """Between two epochs, see to those that are to be held, and whether the next one is due."""
        if isinstance(self._state, Between):
            self._rearrangement.take_holds(self._head)
            self._state = self._open_if_due(self._state)
        self._wake()
        return self._effects.take()

    def _wake(self) -> None:
        """Ask for the next tick: when something may have to be repeated, or an epoch opens."""
        at_ms = self._tick_ms
        if isinstance(self._state, Between):
            due_ms = self._schedule.due_ms(self._head)
            at_ms = at_ms if due_ms is None else min(at_ms, due_ms)
        if at_ms != self._wake_ms:
            self._wake_ms = at_ms
            self._effects.wake_at(at_ms)


_Move = Callable[[RootMachine, Any, Any], State]


def _once_started(move: _Move) -> dict[type, _Move]:
    started = (Between, *get_args(InRound), Storing)
    return dict.fromkeys(started, move)


MOVES: Final[Mapping[type, Mapping[type, _Move]]] = {
    Join: _once_started(RootMachine._join),
    HasWork: _once_started(RootMachine._hear_of_work),
    Committed: _once_started(RootMachine._hear_of_commit),
    Working: _once_started(RootMachine._hear_of_progress),
    LaneEnded: {Executing: RootMachine._count_lane},
    Sealed: {Sealing: RootMachine._hear_of_sealed},
    LinkUp: _once_started(RootMachine._link_up),
    LinkDown: _once_started(RootMachine._link_down),
    Persisted: {Starting: RootMachine._begin, Storing: RootMachine._commit},
    Tick: _once_started(RootMachine._tick),
}
