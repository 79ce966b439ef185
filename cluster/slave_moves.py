"""Carries out what a slave's part in a move is: copies of shards that come, closed pools of shards that go.

What is to be done, the machines say (quarkparsec/shard/arrival.py, departure.py); here it is done, and they are
told what came of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from typing import Any, Final, Protocol

from cluster.shard_copy import ShardCopy
from cluster.shard_folders import ShardFolders
from cluster.shard_host import ShardHost
from cluster.snapshots import Snapshots
from quarkparsec.chain.genesis import Genesis
from quarkparsec.errors import QuarkparsecError
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard import arrival as coming
from quarkparsec.shard import departure as going
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.arrival import (
    Arrival,
    Given,
    HasCome,
    HasFailed,
    IsWhole,
    MasterDown,
    MasterUp,
    Say,
)
from quarkparsec.shard.departure import Departure, IsClosed
from quarkparsec.types import ShardId
from quarkparsec.wire.copies import CopyQuestion
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.moves import ClosePool, EndMove, MoveId, MoveOrder

log = logging.getLogger("moves")


class Surroundings(Protocol):
    """What a slave's moves need of the slave."""

    @property
    def hosts(self) -> dict[ShardId, ShardHost]:
        """The shards that are open here."""

    async def parted(self, shard_id: ShardId) -> None:
        """Wait until nothing is left here of a shard that went away."""

    async def ask_slave(self, name: str, question: Message) -> Message:
        """Ask another slave. Raises Unavailable."""

    async def ask_master(self, question: Message) -> Message:
        """Ask the master. Raises Unavailable."""

    def tell_master(self, message: Message) -> None:
        """Tell the master; while it is away, nobody."""


class SlaveMoves:
    """The moves that one slave has a part in."""

    def __init__(
        self,
        genesis: Genesis,
        folders: ShardFolders,
        given: Iterable[ShardId],
        slave: Surroundings,
    ) -> None:
        """`given` are the shards that this slave holds, as far as it knows."""
        self._genesis: Final = genesis
        self._folders: Final = folders
        self._slave: Final = slave
        self._snapshots: Final = Snapshots()
        self._copies: Final[dict[MoveId, ShardCopy]] = {}
        self._work: Final[dict[MoveId, asyncio.Task[None]]] = {}
        """What is being done for a copy."""
        self._endings: Final[set[asyncio.Task[None]]] = set()
        self._pools: Final[dict[ShardId, list[Candidate]]] = {}
        """Of shards that have arrived."""
        self._departure: Final = Departure()
        self._arrival: Final = Arrival(self._decide_on_whole(frozenset(given)))
        self._ticker: Final = asyncio.get_running_loop().create_task(self._report())

    # --- what the slave hears

    def take(self, order: MoveOrder) -> None:
        """The master says something about a move."""
        if isinstance(order, ClosePool):
            self._depart(order)
        elif isinstance(order, EndMove):
            self._snapshots.drop()
            self._depart(order)
            self._arrive(order)
        else:
            self._arrive(order)

    def meet_master(self) -> None:
        """The master can be reached."""
        self._arrive(MasterUp())
        self._depart(MasterUp())

    def lose_master(self) -> None:
        """It can't any more."""
        self._arrive(MasterDown())

    def follow(self, shards: Iterable[ShardId]) -> None:
        """These are the shards of this slave now. The folders of those that have arrived get their names."""
        given = Given(frozenset(shards))
        self._arrive(given)
        self._depart(given)

    def fill_pools(self) -> None:
        """Shards that have arrived are open: give them what waited in them."""
        for shard_id, pool in self._pools.items():
            host = self._slave.hosts.get(shard_id)
            if host is not None:
                host.take_over(pool)
        self._pools.clear()

    async def answer(self, host: ShardHost, question: CopyQuestion) -> Message:
        """Answer whoever makes a copy of a shard. Raises Unavailable."""
        return await self._snapshots.answer(host, question)

    def close(self) -> None:
        """Stop everything."""
        self._ticker.cancel()
        for task in (*self._work.values(), *self._endings):
            task.cancel()
        self._snapshots.close()

    # --- the machines

    def _arrive(self, event: coming.Event) -> None:
        for effect in self._arrival.step(event):
            self._carry_out(effect)

    def _depart(self, event: going.Event) -> None:
        for effect in self._departure.step(event):
            self._carry_out(effect)

    def _carry_out(self, effect: coming.Effect | going.Effect) -> None:
        match effect:
            case Say():
                self._slave.tell_master(effect.report)
            case coming.Copy():
                self._start(effect.move, self._copy(effect))
            case coming.Complete():
                self._start(effect.move, self._complete(effect))
            case coming.Discard():
                self._end(self._discard(effect))
            case coming.Adopt():
                self._adopt(effect)
            case going.Shut():
                self._shut(effect)
            case going.Reopen():
                self._reopen(effect.shard_id)

    # --- a shard comes

    async def _copy(self, effect: coming.Copy) -> None:
        shard_id, move, source = effect
        log.info("copying shard %d from %s", shard_id, source)
        await self._slave.parted(shard_id)
        copy = ShardCopy(
            self._genesis,
            shard_id,
            move,
            self._folders.copy(shard_id, move),
            lambda question: self._slave.ask_slave(source, question),
            self._slave.ask_master,
        )
        self._copies[move] = copy
        await copy.make()
        self._arrive(HasCome(move))
        await copy.keep_up()

    async def _complete(self, effect: coming.Complete) -> None:
        copy = self._copies[effect.move]
        await copy.complete(effect.block_hash)
        self._folders.complete(effect.shard_id, effect.move)
        self._arrive(IsWhole(effect.move))

    def _adopt(self, effect: coming.Adopt) -> None:
        shard_id, move = effect
        self._folders.adopt(shard_id, move)
        self._work.pop(move, None)
        copy = self._copies.pop(move, None)
        if copy is not None:
            self._pools[shard_id] = copy.pool
            self._end(copy.close())
        log.info("shard %d has moved here", shard_id)

    async def _discard(self, effect: coming.Discard) -> None:
        work = self._work.pop(effect.move, None)
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        copy = self._copies.pop(effect.move, None)
        if copy is not None:
            await copy.close()
        await asyncio.to_thread(self._folders.discard_copy, effect.shard_id, effect.move)

    def _decide_on_whole(self, given: frozenset[ShardId]) -> coming.Whole | None:
        """What whole copies of an earlier life are worth: the latest is the shard, or waits for the master's word."""
        undecided = None
        for whole in sorted(self._folders.whole(), key=lambda whole: whole.move, reverse=True):
            is_given = whole.shard_id in given
            if is_given and not self._folders.shard(whole.shard_id).exists():
                self._folders.adopt(*whole)
            elif is_given or undecided is not None:
                self._folders.discard_copy(*whole)
            else:
                undecided = whole
        return undecided

    # --- a shard goes

    def _shut(self, effect: going.Shut) -> None:
        host = self._slave.hosts.get(effect.shard_id)
        if host is None or not host.shut(effect.block_hash):
            self._depart(HasFailed(effect.move, "the shard isn't at rest"))
        else:
            self._depart(IsClosed(effect.move))

    def _reopen(self, shard_id: ShardId) -> None:
        host = self._slave.hosts.get(shard_id)
        if host is not None:
            host.reopen()

    # --- work

    def _start(self, move: MoveId, work: Awaitable[None]) -> None:
        """Do something for a copy, in place of what was done before."""
        before = self._work.get(move)
        self._work[move] = asyncio.ensure_future(self._try(move, before, work))

    async def _try(
        self, move: MoveId, before: asyncio.Task[None] | None, work: Awaitable[None]
    ) -> None:
        if before is not None:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        try:
            await work
        except (QuarkparsecError, TimeoutError, OSError) as error:
            log.warning("a copy failed: %s", error)
            self._arrive(HasFailed(move, str(error) or "it took too long"))

    def _end(self, work: Any) -> None:
        """Clear something away."""
        task = asyncio.get_running_loop().create_task(work)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def _report(self) -> None:
        """Say now and then how far a copy is."""
        while True:
            await asyncio.sleep(RESEND_MS / 1000)
            if isinstance(self._arrival.state, coming.Copying | coming.Close):
                copy = self._copies.get(self._arrival.state.move)
                if copy is not None:
                    self._slave.tell_master(copy.progress)
