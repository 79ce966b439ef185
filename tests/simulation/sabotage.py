"""Machines with one planted bug each: what the checkers are for. Every one must be found."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from quarkparsec.effects import Persist, Persisted
from quarkparsec.root import events as root_events
from quarkparsec.root import machine as root
from quarkparsec.root import states as root_states
from quarkparsec.root.machine import RootMachine
from quarkparsec.root.orders import commit_order
from quarkparsec.shard import events as shard_events
from quarkparsec.shard import machine as shard
from quarkparsec.shard import states as shard_states
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.shard.root_head import RootHead
from quarkparsec.types import Hash32
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.lanes import LaneMessages


class Root(RootMachine):
    """A root machine whose moves can be overridden: the table names functions of the real one."""

    def step(self, now_ms: int, event: Any) -> list[root_events.Effect]:
        self._now_ms = now_ms
        if isinstance(event, Persisted):
            self._tickets.written(event.token)
            self._rearrangement.written(now_ms, event.token)
        move = root.MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = getattr(self, move.__name__)(self._state, event)
        return self._end_step()


class Shard(ShardMachine):
    """The same for shards."""

    def step(self, now_ms: int, event: Any) -> list[shard_events.Effect]:
        self._now_ms = now_ms
        move = shard.MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = getattr(self, move.__name__)(self._state, event)
        return self._effects.take()


class CommitsBeforePersisting(Root):
    """Tells the shards to commit while the root block is still being written."""

    def _store_if_sealed(self, now: root_states.Sealing) -> root_states.State:
        after = super()._store_if_sealed(now)
        if isinstance(after, root_states.Storing):
            before, self._head = self._head, after.block
            for member in self._members:
                order = commit_order(self._head, self._term, member.shard_id)
                self._effects.send(order)
            self._head = before
        return after


class NeverSyncsRootBlocks(Root):
    """Writes root blocks without waiting for the disk."""

    def _end_step(self) -> list[root_events.Effect]:
        return [_unsynced(effect) for effect in super()._end_step()]


class WelcomesTooEarly(Root):
    """Answers a visit although the block that it reports may still be committed."""

    def _join(self, now: root_states.State, event: wire.Join) -> root_states.State:
        member = self._members[event.shard_id]
        if event.visit > member.visit:
            member.begin_visit(event.visit)
        self._welcome(member)
        return now


class GoesOnWithoutAnswers(Root):
    """Takes an epoch's header from fewer shards than take part: carries the rest over."""

    def _store_if_sealed(self, now: root_states.Sealing) -> root_states.State:
        if len(now.summaries) == len(now.plan.participants) - 1:
            now = now._replace(plan=now.plan._replace(participants=tuple(sorted(now.summaries))))
        return super()._store_if_sealed(now)


class ShowsSealedBlocks(Shard):
    """Shows a block's receipts as soon as it is sealed."""

    def _be_sealed(self, storing: shard_states.Storing, event: Any) -> shard_states.State:
        after = super()._be_sealed(storing, event)
        if isinstance(after, shard_states.Sealed):
            built = after.built
            announce = shard_events.Announce(built.block, built.receipts, built.invalid)
            self._effects.announce(announce)
        return after


class NeverSyncsSealedBlocks(Shard):
    """Says Sealed while the record is only in memory."""

    def step(self, now_ms: int, event: Any) -> list[shard_events.Effect]:
        return [_unsynced(effect) for effect in super().step(now_ms, event)]


class SkipsReplay(Shard):
    """Believes that a committed block's state is there after a crash."""

    def _be_welcomed(
        self, joining: shard_states.Joining, event: wire.Welcome
    ) -> shard_states.State:
        if joining.record is None or joining.built is not None:
            return super()._be_welcomed(joining, event)
        if event.visit != joining.visit:
            return joining
        return self._commit(RootHead.of(event), tuple(map(Hash32, event.root_hashes)), None)


class BelievesOldWelcomes(Shard):
    """Takes any Welcome for an answer, whichever visit it was to."""

    def _be_welcomed(
        self, joining: shard_states.Joining, event: wire.Welcome
    ) -> shard_states.State:
        return super()._be_welcomed(joining, replace(event, visit=joining.visit))


class LosesMoney(Shard):
    """Credits no fees."""

    def _seal(
        self, now: shard_states.Executed | shard_states.Crossing, event: wire.Seal
    ) -> shard_states.State:
        return super()._seal(now, replace(event, fees=wire.to_amount(0)))


class HearsOfOtherRounds(Shard):
    """Takes what other shards said in an earlier round for news of this one."""

    def _hear_shard(
        self, now: shard_states.Executed | shard_states.Crossing, event: LaneMessages
    ) -> shard_states.State:
        return super()._hear_shard(now, replace(event, round=now.open_round.round))


def _unsynced(effect: Any) -> Any:
    return effect._replace(sync=False) if isinstance(effect, Persist) else effect
