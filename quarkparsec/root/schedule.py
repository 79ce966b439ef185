"""The attempts at epochs of one master: when the next begins, and what is planned for it."""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.root.blocks import coinbase_home
from quarkparsec.root.epoch_plan import EpochPlan, plan_epoch
from quarkparsec.root.membership import Membership
from quarkparsec.root.pace import Pace, participants
from quarkparsec.root.rearrangement import Rearrangement
from quarkparsec.root.ticket_supply import TicketSupply
from quarkparsec.types import Epoch
from quarkparsec.wire.epoch import Round


class Schedule:
    """Past and future attempts, of one term."""

    def __init__(
        self,
        genesis: Genesis,
        term: int,
        tickets: TicketSupply,
        members: Membership,
        rearrangement: Rearrangement,
    ) -> None:
        self._pace: Final = Pace(genesis)
        self._term: Final = term
        self._tickets: Final = tickets
        self._members: Final = members
        self._rearrangement: Final = rearrangement
        self._attempt = 0
        """At the epoch after the head."""

    def due_ms(self, head: RootBlock) -> int | None:
        """When the epoch after `head` may begin; None while nothing asks for it or somebody lags."""
        is_awaited = self._rearrangement.splits
        return self._pace.due_ms(self._members, head.number, is_awaited=is_awaited)

    def next_plan(self, now_ms: int, head: RootBlock) -> EpochPlan | None:
        """The attempt that begins now; None if none is due, or while too few tickets are durable."""
        due_ms = self.due_ms(head)
        if due_ms is None or now_ms < due_ms:
            return None
        self._tickets.reserve(len(self._members))
        tickets = self._tickets.grant(self._members.present)
        if tickets is None:
            return None
        self._pace.opened(now_ms, self._members)
        epoch_round = Round(Epoch(head.number + 1), self._term, self._attempt)
        taking_part = participants(self._members, coinbase_home(head))
        return plan_epoch(head, epoch_round, taking_part, tickets, now_ms)

    def aborted(self) -> None:
        """The attempt has failed: the next one is another."""
        self._attempt += 1

    def committed(self, before: RootBlock, block: RootBlock) -> None:
        """The attempt has made `block`, after `before`."""
        self._attempt = 0
        self._pace.committed(before, block)
