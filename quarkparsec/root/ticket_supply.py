"""The master's stock of tickets: what shards are granted for an epoch was made durable before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from quarkparsec.broker.ticket_machine import TicketMachine
from quarkparsec.effects import Effects
from quarkparsec.limits import TICKETS_PER_ROUND
from quarkparsec.root.root_store import tickets_batch
from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import Tickets


class TicketSupply:
    """The ticket machine of one term, with the writes that it needs."""

    def __init__(self, term: int, bound: int, effects: Effects[Any]) -> None:
        """`bound`: where the term before has ended at the latest."""
        self._term: Final = term
        self._machine: Final = TicketMachine(term, bound)
        self._effects: Final = effects
        self._writing: Final[dict[int, int]] = {}
        """Token → the bound of tickets that is being written."""

    def reserve(self, shard_count: int) -> None:
        """Make more tickets durable before those for an epoch of so many shards are short."""
        bound = self._machine.reserve_if_low(shard_count * TICKETS_PER_ROUND)
        if bound is not None:
            self._writing[self._effects.persist(tickets_batch(bound), sync=True)] = bound

    def written(self, token: int) -> None:
        """A batch is durable; perhaps it was one of these."""
        if token in self._writing:
            self._machine.reserved(self._writing.pop(token))

    def grant(self, shards: tuple[ShardId, ...]) -> Mapping[ShardId, Tickets] | None:
        """Tickets for one round; None until enough of them are durable."""
        if self._machine.left < len(shards) * TICKETS_PER_ROUND:
            return None
        return self._machine.grant_all(shards, self._term, TICKETS_PER_ROUND)
