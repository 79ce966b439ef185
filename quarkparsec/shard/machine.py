"""One shard in the epoch protocol: step(now, event) → effects.

The states are in `states`, the messages in `wire.epoch`, the driver's duties in `effects`. MOVES at the end
of this file says for each event which states act on it; in all others it is ignored, because it is late,
repeated, or answered by something already on its way. Rules that hold everywhere:

1. A message from another term than the one that welcomed us is ignored, except Invite and Welcome: those
   are how a term begins. `Open`, `OpenLane`, `Seal`, `Abort` and all that shards say to each other are for
   one round; a later `Open` replaces an earlier.
2. Nothing is said before it is durable: `Sealed` after the record's sync, `Join` after the incarnation's.
3. A sealed block is committed or dropped only on the master's word: a `Commit`, or the `Welcome` to this
   very visit, which names the shard's last committed block. If that is neither ours nor the sealed one,
   this disk has lost what the cluster acknowledged: Corrupt.
4. Transactions leave the pool when a block commits, not before; or when the shard is split and they are the
   other half's.
5. A shard that the root chain has split takes part in nothing until its other half stands, durably: from
   then on each of the two forgets the other's entries.
6. Whatever the master says again while a job or a write is under way is answered by `Working`.

Between steps the pool and the state's head may be read; jobs read only what they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, get_args

from quarkparsec.chain.genesis import Genesis
from quarkparsec.effects import Effects, JobDone, Persisted, Tick
from quarkparsec.errors import Corrupt
from quarkparsec.limits import LANE_BUDGET_MS
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import rules_of
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.events import Announce, Divide, Divided, Effect, Event, HandOver, Told
from quarkparsec.shard.lane_in_shard import LANE as IN_SHARD
from quarkparsec.shard.lane_order import lane_ended, run_first
from quarkparsec.shard.lane_run import LaneRun
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.root_head import RootHead
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.shard.shard_chain import ShardChain
from quarkparsec.shard.states import (
    Absent,
    Committing,
    Crossing,
    Dividing,
    Executed,
    Executing,
    Idle,
    InRound,
    Joining,
    Replaying,
    Sealed,
    Sealing,
    Settling,
    State,
    Storing,
)
from quarkparsec.shard.visits import Visits
from quarkparsec.shard.work_report import WorkReport
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import Store
from quarkparsec.types import Epoch, Hash32, ShardId
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.lanes import LaneMessages


class ShardMachine:
    """A shard: its pool, its state's head, and where it stands in the epoch."""

    def __init__(
        self, genesis: Genesis, shard_id: ShardId, store: Store, shard_state: ShardState
    ) -> None:
        self.shard_id: Final = shard_id
        self.pool: Final = Pool(rules_of(genesis))
        self._chain: Final = ShardChain(genesis, store, shard_state)
        self.shard_state: Final = self._chain.state
        self.blocks: Final = self._chain.blocks
        self._term = 0
        self._round = wire.Round(Epoch(0), 0, 0)
        """The last round that was opened or aborted."""
        self._state: State = Absent(0)
        self._now_ms = 0
        self._effects: Final = Effects[Told]()
        self._visits: Final = Visits(shard_id, genesis.hash, self._chain, self._effects)
        self._report: Final = WorkReport(self._chain, self.pool, self._effects)

    # --- the outside

    @property
    def state(self) -> State:
        """Where the shard stands."""
        return self._state

    @property
    def root_head(self) -> RootHead:
        """The last root block that is applied here."""
        return self._chain.root_head

    def start(self, now_ms: int) -> list[Effect]:
        """Come up: the first step, before any event."""
        self._now_ms = now_ms
        token = self._effects.persist(rows.starts_batch(self._visits.last.incarnation), sync=True)
        self._state = Absent(token)
        return self._effects.take()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event."""
        self._now_ms = now_ms
        move = MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = move(self, self._state, event)
        return self._effects.take()

    def admit(self, now_ms: int, candidate: Candidate) -> list[Effect]:
        """Take a transaction into the pool. Raises Rejected, in geth's words."""
        self._now_ms = now_ms
        sender = candidate.transaction.sender
        epoch = self.root_head.next_epoch
        self.pool.add(candidate, self.shard_state.account(sender), now_ms, epoch)
        if isinstance(self._state, Idle):
            self._report.admitted(now_ms, self._term, sender)
        return self._effects.take()

    # --- joining

    def _come_alive(self, absent: Absent, event: Persisted) -> State:
        if event.token != absent.token:
            return absent
        record = self.blocks.sealed_record()
        if record is not None and record.round.epoch <= self.shard_state.head:
            record = None
        return self._visits.begin(self._now_ms, record, None)

    def _accept_invitation(self, now: State, event: wire.Invite) -> State:
        """Join again, unless the invitation is from before our last visit to this very term."""
        known = event.term == self._term and event.after < self._visits.last
        if event.term < self._term or known:
            return now
        self._term = event.term
        if isinstance(now, Sealed):
            return self._visits.begin(self._now_ms, now.record, now.built)
        return self._visits.begin(self._now_ms, None, None)

    def _hurry_to_join(self, joining: Joining, event: wire.Invite) -> State:
        self._term = max(self._term, event.term)
        return self._visits.ask(self._now_ms, joining)

    def _repeat_join(self, joining: Joining, _: Tick) -> State:
        return self._visits.ask(self._now_ms, joining)

    def _be_welcomed(self, joining: Joining, event: wire.Welcome) -> State:
        """Learn what became of the sealed block (rule 3), and go to the root chain's head."""
        if event.visit != joining.visit or event.term < self._term:
            return joining
        self._term = event.term
        head, hashes = self._chain.head_of(event), tuple(map(Hash32, event.root_hashes))
        record = self._visits.committed(joining, event)
        if record is None or joining.built is not None:
            return self._commit(head, hashes, joining.built if record else None)
        block = record.block
        job_id = self._effects.run(lambda _: self._chain.replay(block), LANE_BUDGET_MS)
        return Replaying(head, hashes, job_id)

    def _finish_replay(self, replaying: Replaying, event: JobDone) -> State:
        if event.job_id != replaying.job_id:
            return replaying
        return self._commit(replaying.head, replaying.root_hashes, event.result)

    # --- a round

    def _open(self, now: Idle | InRound, event: wire.Open) -> State:
        if event.round.term != self._term or not self._chain.is_next(event.round):
            return now
        if not isinstance(now, Idle) and event.round == now.open_round.round:
            return self._repeat_answer(now)
        if event.round <= self._round:
            return now
        self._round = event.round
        open_round = self._chain.begin(event, self.pool)
        job = partial(run_first, self.shard_state, open_round)
        return Executing(open_round, self._effects.run(job, LANE_BUDGET_MS))

    def _repeat_answer(self, now: InRound) -> State:
        match now:
            case Executed():
                self._effects.send(now.ended)
            case Sealed():
                self._effects.send(now.record.to_message(self.shard_id))
            case Executing() | Sealing() | Storing():
                self._say_working(now)
        return now

    def _say_working(self, now: State, _: object = None) -> State:
        """Rule 5."""
        self._effects.send(wire.Working(self.shard_id, self._term))
        return now

    def _end_first_lane(self, executing: Executing, event: JobDone) -> State:
        if event.job_id != executing.job_id:
            return executing
        ended = lane_ended(executing.open_round, IN_SHARD)
        self._effects.send(ended)
        return Executed(executing.open_round, ended)

    def _seal(self, now: Executed | Crossing, event: wire.Seal) -> State:
        open_round = now.open_round
        if event.round != open_round.round or now.ended is None:
            return now
        draft, opening, fees = open_round.draft, open_round.opening, wire.from_amount(event.fees)
        job_id = self._effects.run(
            lambda _: build_block(self.shard_state, draft, fees, opening), LANE_BUDGET_MS
        )
        return Sealing(open_round, job_id)

    # --- lanes 2 and 3

    def _open_lane(self, now: Executed | Crossing, event: wire.OpenLane) -> State:
        if event.round != now.open_round.round:
            return now
        if now.ended is not None and event.lane > now.ended.lane:
            run = LaneRun(self._now_ms, now.open_round, event, self._effects)
            return Crossing(now.open_round, run, None)
        if isinstance(now, Crossing) and now.run.is_being_stepped:
            return self._say_working(now)
        if now.ended is not None:
            self._effects.send(now.ended)
        return now

    def _hear_shard(self, now: Executed | Crossing, event: LaneMessages) -> State:
        """Another shard speaks: of the lane that runs here, or of one that will open here, too."""
        open_round = now.open_round
        lane = now.run.number if isinstance(now, Crossing) else IN_SHARD
        if event.round != open_round.round or event.lane < lane:
            return now
        if event.lane > lane:
            open_round.keep_for_later(event)
        elif isinstance(now, Crossing):
            now.run.hear(self._now_ms, event)
        return now

    def _follow_lane(self, now: Crossing, event: JobDone) -> State:
        return now._replace(ended=now.run.follow(self._now_ms, event))

    def _wake_lane(self, now: Crossing, _: Tick) -> State:
        now.run.wake(self._now_ms)
        return now

    # --- the block

    def _repeat_seal(self, now: Sealing | Storing | Sealed, event: wire.Seal) -> State:
        return self._repeat_answer(now) if event.round == now.open_round.round else now

    def _make_durable(self, sealing: Sealing, event: JobDone) -> State:
        if event.job_id != sealing.job_id:
            return sealing
        built: BuiltBlock = event.result
        record = SealedRecord(sealing.open_round.round, built.block, built.summary)
        token = self._effects.persist(rows.sealed_batch(record), sync=True)
        return Storing(sealing.open_round, record, built, token)

    def _be_sealed(self, storing: Storing, event: Persisted) -> State:
        if event.token != storing.token:
            return storing
        self._effects.send(storing.record.to_message(self.shard_id))
        return Sealed(storing.open_round, storing.record, storing.built)

    def _abort(self, now: Idle | InRound, event: wire.Abort) -> State:
        """Forget the round; the transactions are still in the pool."""
        self._round = max(self._round, event.round)
        if isinstance(now, Idle) or event.round < now.open_round.round:
            return now
        self._report.repeat(self._now_ms, self._term)
        return Idle()

    # --- committing

    def _decide(self, now: Idle | InRound, event: wire.Commit) -> State:
        """The root block of the epoch is durable: apply our part, or drop what isn't in it."""
        if event.term != self._term or event.epoch > self.root_head.epoch + 1:
            return now
        if event.epoch <= self.root_head.epoch:
            if isinstance(now, Idle):
                self._report.committed(self._now_ms, self._term)
            return now
        head = self._chain.head_of(event)
        if isinstance(now, Sealed) and event.block_hash == now.built.hash:
            return self._commit(head, (head.root_hash,), now.built)
        if event.block_hash != self._chain.block_hash:
            raise Corrupt("the root chain holds a block of this shard that isn't here")
        return self._commit(head, (head.root_hash,), None)

    def _commit(
        self, head: RootHead, hashes: tuple[Hash32, ...], built: BuiltBlock | None
    ) -> State:
        batch = self._chain.batch(head, hashes, built)
        return Committing(head, built, self._effects.persist(batch, sync=False))

    def _be_committed(self, committing: Committing, event: Persisted) -> State:
        """Make the block visible, and take out of the pool what it made stale (rule 4)."""
        if event.token != committing.token:
            return committing
        built = committing.built
        self._chain.follow(committing.head._replace(since_ms=self._now_ms), built)
        if built is not None:
            self.pool.follow(built.state.accounts, built.invalid, built.rerouted)
            self._effects.announce(Announce(built.block, built.receipts, built.invalid))
        return self._divide() if self._chain.must_divide else self._be_at_the_head()

    def _be_at_the_head(self) -> State:
        self.pool.expire(self._now_ms)
        self._report.committed(self._now_ms, self._term)
        return Idle()

    # --- a split

    def _divide(self) -> State:
        """Have the other half made; nothing is written here before it stands (rule 5)."""
        child = self._chain.child_id
        self._effects.announce(Divide(child, self.root_head.epoch))
        return Dividing(child)

    def _be_divided(self, dividing: Dividing, event: Divided) -> State:
        """The other half stands: be the one half."""
        if event.shard_id != dividing.child:
            return dividing
        token = self._effects.persist(self._chain.divided_batch(), sync=True)
        return Settling(dividing.child, token)

    def _settle(self, settling: Settling, event: Persisted) -> State:
        if event.token != settling.token:
            return settling
        self._chain.divide()
        strangers = self.pool.take_strangers(self.shard_id, self.shard_state.shard_count)
        self._effects.announce(HandOver(settling.child, strangers))
        return self._be_at_the_head()

    def _repeat_work(self, idle: Idle, _: Tick) -> State:
        self.pool.expire(self._now_ms)
        self._report.repeat(self._now_ms, self._term)
        return idle


_Move = Callable[[ShardMachine, Any, Any], State]


def _once_idle(move: _Move) -> dict[type, _Move]:
    return dict.fromkeys((Idle, *get_args(InRound)), move)


def _between_lanes(move: _Move) -> dict[type, _Move]:
    return {Executed: move, Crossing: move}


MOVES: Final[Mapping[type, Mapping[type, _Move]]] = {
    wire.Invite: _once_idle(ShardMachine._accept_invitation)
    | {Joining: ShardMachine._hurry_to_join},
    wire.Welcome: {Joining: ShardMachine._be_welcomed},
    wire.Open: _once_idle(ShardMachine._open),
    wire.OpenLane: _between_lanes(ShardMachine._open_lane),
    LaneMessages: _between_lanes(ShardMachine._hear_shard),
    wire.Seal: {
        **_between_lanes(ShardMachine._seal),
        **dict.fromkeys((Sealing, Storing, Sealed), ShardMachine._repeat_seal),
    },
    wire.Commit: {
        **_once_idle(ShardMachine._decide),
        **dict.fromkeys((Replaying, Committing), ShardMachine._say_working),
    },
    wire.Abort: _once_idle(ShardMachine._abort),
    JobDone: {
        Replaying: ShardMachine._finish_replay,
        Executing: ShardMachine._end_first_lane,
        Crossing: ShardMachine._follow_lane,
        Sealing: ShardMachine._make_durable,
    },
    Persisted: {
        Absent: ShardMachine._come_alive,
        Storing: ShardMachine._be_sealed,
        Committing: ShardMachine._be_committed,
        Settling: ShardMachine._settle,
    },
    Divided: {Dividing: ShardMachine._be_divided},
    Tick: {
        Joining: ShardMachine._repeat_join,
        Idle: ShardMachine._repeat_work,
        Crossing: ShardMachine._wake_lane,
    },
}
