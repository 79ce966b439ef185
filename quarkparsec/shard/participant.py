"""A shard's side of other shards' tickets, and of its own: it locks, prepares, commits and rolls back.

The lock table decides who holds what; here its replies become messages to the tickets' brokers, and a
commit changes the state. A lock is granted together with what lies behind it: what waits for a contract
at its home.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.broker import ticket_states as locks
from quarkparsec.broker.agent import Outgoing
from quarkparsec.broker.lock_table import LockTable
from quarkparsec.chain.legs import Claim
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.ticket_legs import apply_claim
from quarkparsec.state.journal import Journal
from quarkparsec.types import LockType, Recipient, ShardId, ShardKey
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount


class Participant:
    """The locks of one shard in one lane, and what commits under them."""

    def __init__(self, draft: BlockDraft) -> None:
        self.locks: Final = LockTable()
        self.position = 0
        """The highest position of the lane's serial order that has been committed here."""
        self._draft: Final = draft
        self._brokers: Final[dict[int, ShardId]] = {}
        """Where each ticket's agent lives."""
        self._committed: Final[set[int]] = set()

    def lock(self, source: ShardId, item: lanes.Lock) -> list[Outgoing]:
        """Take locks for a ticket, now or later."""
        self._brokers[item.ticket] = source
        keys = tuple([(Recipient(each), LockType.WRITE) for each in item.recipients])
        return self.answers(self.locks.apply(locks.TryLock(item.ticket, item.attempt, keys)))

    def prepare(self, source: ShardId, item: lanes.Prepare) -> list[Outgoing]:
        """Keep a ticket's locks until it is decided."""
        self._brokers[item.ticket] = source
        return self.answers(self.locks.apply(locks.Prepare(item.ticket, item.attempt)))

    def commit(self, source: ShardId, item: lanes.Commit) -> list[Outgoing]:
        """Do what a decided ticket does here, once, and let its locks go."""
        self._brokers[item.ticket] = source
        replies = self.locks.apply(locks.Commit(item.ticket, item.attempt))
        is_committed = any(
            isinstance(reply, locks.Committed) and reply.ticket == item.ticket for reply in replies
        )
        if is_committed and item.ticket not in self._committed:
            self._committed.add(item.ticket)
            self.position = max(self.position, item.position)
            for claim in item.claims:
                apply_claim(self._draft, _claim_leg(item, claim))
        return self.answers(replies)

    def rollback(self, source: ShardId, item: lanes.Rollback) -> list[Outgoing]:
        """End an attempt."""
        self._brokers[item.ticket] = source
        return self.answers(self.locks.apply(locks.Rollback(item.ticket, item.attempt)))

    def answers(self, replies: Iterable[locks.Reply]) -> list[Outgoing]:
        """What the lock table has to say, to whom it concerns. A refusal answers what is out of date."""
        return [
            (self._brokers[reply.ticket], self._item(reply))
            for reply in replies
            if not isinstance(reply, locks.Refused)
        ]

    def _item(self, reply: locks.Reply) -> lanes.LaneItem:
        ticket, attempt = reply.ticket, reply.attempt
        if isinstance(reply, locks.Granted):
            journal = self._draft.journal
            endowments = [_endowment(journal, recipient) for recipient, _ in reply.keys]
            return lanes.Locked(ticket, attempt, tuple(endowments))
        if isinstance(reply, locks.Wounded):
            return lanes.Wounded(ticket, attempt)
        if isinstance(reply, locks.Prepared):
            return lanes.Prepared(ticket, attempt, self.position)
        if isinstance(reply, locks.Committed):
            return lanes.Committed(ticket, attempt)
        return lanes.RolledBack(ticket, attempt)


def _endowment(journal: Journal, recipient: Recipient) -> lanes.Endowment:
    entry = journal.entry(recipient)
    return lanes.Endowment(recipient, to_amount(entry.balance), entry.is_taken)


def _claim_leg(item: lanes.Commit, claim: lanes.Claim) -> Claim:
    return Claim(
        item.position,
        item.ticket,
        Recipient(claim.recipient),
        ShardKey(claim.shard_key),
        from_amount(claim.amount),
        claim.stays,
    )
