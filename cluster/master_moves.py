"""Who belongs to the cluster and who holds what, in the master's process.

Carries out what the mover decides: tells slaves, asks the root machine, looks at the clock. A slave that is to
belong to the cluster is called first: one that isn't there, or is of another chain or release, is refused in its
own words, and nothing has changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from cluster.bus import Credentials, connect
from cluster.driver import Driver, now_ms
from cluster.peer_link import PeerLink
from quarkparsec.effects import Tick, WakeAt
from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.root.events import Held, Rearranged
from quarkparsec.root.machine import RootMachine
from quarkparsec.root.move_states import (
    Dismiss,
    Effect,
    Event,
    Hold,
    Rearrange,
    Refused,
    Release,
    Reported,
    SlaveDown,
    SlaveUp,
    Tell,
)
from quarkparsec.root.mover import Mover
from quarkparsec.root.topology import Move, SlavePlace
from quarkparsec.wire.moves import MoveOrder, MoveReport
from quarkparsec.wire.operations import (
    AddSlave,
    Moves,
    MoveShard,
    Operation,
    RemoveSlave,
)
from quarkparsec.wire.session import Peer, Role

log = logging.getLogger("moves")


class MasterMoves:
    """The mover in the master's process."""

    def __init__(
        self,
        machine: RootMachine,
        driver: Driver,
        credentials: Credentials,
        tell: Callable[[str, MoveOrder], None],
    ) -> None:
        self.mover: Final = Mover(machine.term, machine.topology)
        self._credentials: Final = credentials
        self._machine: Final = machine
        self._driver: Final = driver
        self._tell: Final = tell
        self._timer: asyncio.TimerHandle | None = None

    # --- operators

    async def answer(self, operation: Operation) -> Moves:
        """Do what an operator asks for. Raises Rejected."""
        match operation:
            case MoveShard():
                self.begin(Move(operation.shard_id, operation.slave))
            case AddSlave():
                await self._add(SlavePlace(operation.name, operation.host, operation.port))
            case RemoveSlave():
                self.dismiss(operation.name)
        return self.mover.view()

    def begin(self, move: Move) -> None:
        """Move a shard. Raises Rejected."""
        if self._machine.splits:
            raise Rejected("the shards are being split")
        self._carry_out(self.mover.begin(now_ms(), move))
        log.info("shard %d moves to %s", move.shard_id, move.slave)

    def dismiss(self, name: str) -> None:
        """Drain a slave and let it go. Raises Rejected."""
        self._carry_out(self.mover.dismiss(now_ms(), name))
        log.info("%s is to leave", name)

    def check_rest(self) -> None:
        """Raise Rejected while a shard is moving."""
        if self.mover.under_way:
            raise Rejected(f"{self.mover.under_way}: the shards can be split afterwards")

    async def _add(self, place: SlavePlace) -> None:
        """Let a slave belong to the cluster, if it is one. Raises Rejected, Unavailable."""
        self._machine.topology.joined(place)
        try:
            link = PeerLink(place.name)
            connection = await connect(place.host, place.port, self._credentials, link)
            connection.close()
        except (InvalidInput, Rejected) as refusal:
            raise Rejected(f"{place.name} can't join: {refusal}") from refusal
        if connection.peer != Peer(Role.SLAVE, place.name):
            raise Rejected(f"{connection.peer.name} is at {place.host}:{place.port}")
        self._driver.run(lambda: self._machine.add_slave(now_ms(), place))
        log.info("%s is to join", place.name)

    # --- what the master hears

    def slave_up(self, name: str) -> None:
        self._step(SlaveUp(name))

    def slave_down(self, name: str) -> None:
        self._step(SlaveDown(name))

    def hear(self, name: str, report: MoveReport) -> None:
        self._step(Reported(name, report))

    def follow(self, event: Held | Rearranged) -> None:
        self._step(event)

    def close(self) -> None:
        """Look at the clock no more."""
        if self._timer is not None:
            self._timer.cancel()

    # --- within

    def _step(self, event: Event) -> None:
        self._carry_out(self.mover.step(now_ms(), event))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Tell():
                    self._tell(effect.name, effect.order)
                case Hold():
                    self._ask(self._machine.hold, effect.shard_id)
                case Release():
                    self._ask(self._machine.release, effect.shard_id)
                case Rearrange():
                    self._ask(self._machine.move, effect.move)
                case Dismiss():
                    self._ask(self._machine.remove_slave, effect.name)
                case WakeAt():
                    self._wake_at(effect.at_ms)

    def _ask(self, step: Callable[[int, Any], list[Any]], what: Any) -> None:
        """Let the root machine do something."""
        try:
            self._driver.run(lambda: step(now_ms(), what))
        except Rejected as refusal:
            self._step(Refused(str(refusal)))

    def _wake_at(self, at_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay_s = max(0, at_ms - now_ms() + 1) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._step, Tick())
