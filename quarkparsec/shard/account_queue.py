"""The transactions of one sender, in nonce order.

    account nonce 7:     7  8  9 │ 11  12
                         pending │ queued

*Pending* transactions are executable: their nonces continue the account's without a gap, and the balance
covers what all of them may cost together (so that the first can't leave the others unpaid, which would
make junk free). *Queued* ones wait for an earlier nonce or for money. A nonce holds one transaction.

Position in `pending` is nonce − account nonce, and `queued` is sorted: no dict has nonces for keys, which
the sender chooses.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from quarkparsec.chain.block import Entry
from quarkparsec.chain.transaction import Transaction
from quarkparsec.limits import POOL_ACCOUNT_PENDING_MAX, POOL_ACCOUNT_QUEUED_MAX
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.types import Epoch, ShardKey


class Candidate(NamedTuple):
    """A transaction as lane 1 takes it."""

    transaction: Transaction
    to_key: ShardKey
    """The shard key of all its frames."""
    runs_code: bool = False
    """Whether a contract is known to live at its destination."""


class Pooled(NamedTuple):
    """A transaction that waits for a block."""

    request: TransactionCandidate
    """The candidate as the ordering machine takes it."""
    cost: int
    """The most it can take from its sender, in wei: gas limit × fee cap + value."""
    arrived_ms: int
    sequence: int
    """Counts arrivals: the tie-breaker everywhere, so that the order of a block is determined."""
    epoch: Epoch
    """It was admitted for this one or a later."""

    @property
    def candidate(self) -> Candidate:
        candidate: Candidate = self.request.executable
        return candidate

    @property
    def transaction(self) -> Transaction:
        return self.candidate.transaction

    @property
    def entry(self) -> Entry:
        """The transaction as a block would hold it."""
        transaction, to_key, _ = self.candidate
        return Entry(transaction.raw, transaction.sender, to_key)


class AccountQueue:
    """Pending and queued transactions of one account, and the state they are measured against."""

    __slots__ = ("balance", "nonce", "pending", "pending_cost", "queued", "version")

    def __init__(self, nonce: int, balance: int) -> None:
        self.nonce = nonce
        """Of the account, as of the last commit."""
        self.balance = balance
        self.pending: list[Pooled] = []
        self.pending_cost = 0
        self.queued: list[Pooled] = []
        self.version = 0
        """Counts changes; kept by the pool for its order of eviction."""

    def __len__(self) -> int:
        return len(self.pending) + len(self.queued)

    @property
    def next_nonce(self) -> int:
        """The nonce that would extend the pending transactions."""
        return self.nonce + len(self.pending)

    @property
    def tail(self) -> Pooled:
        """The transaction with the highest nonce."""
        return self.queued[-1] if self.queued else self.pending[-1]

    def find(self, nonce: int) -> Pooled | None:
        """The transaction that holds `nonce`."""
        if self.nonce <= nonce < self.next_nonce:
            return self.pending[nonce - self.nonce]
        index = self._queued_index(nonce)
        if index < len(self.queued) and self.queued[index].transaction.nonce == nonce:
            return self.queued[index]
        return None

    def cost_before(self, nonce: int) -> int:
        """What the pending transactions may cost, the one that holds `nonce` left out."""
        held = self.find(nonce) if nonce < self.next_nonce else None
        return self.pending_cost - (held.cost if held else 0)

    def replace(self, held: Pooled, item: Pooled) -> None:
        """Put `item` where `held` is; the same nonce."""
        nonce = item.transaction.nonce
        if nonce < self.next_nonce:
            self.pending[nonce - self.nonce] = item
            self.pending_cost += item.cost - held.cost
        else:
            self.queued[self._queued_index(nonce)] = item
            self._promote()

    def insert(self, item: Pooled) -> None:
        """Take a transaction whose nonce nobody holds; pending if it continues the nonces."""
        self.queued.insert(self._queued_index(item.transaction.nonce), item)
        self._promote()

    def remove(self, item: Pooled) -> list[Pooled]:
        """Take `item` out; what followed it waits. Returns what finds no place among the waiting."""
        index = item.transaction.nonce - self.nonce
        if index >= len(self.pending):
            del self.queued[self._queued_index(item.transaction.nonce)]
            return []
        self._demote(index)
        del self.queued[0]
        return self._trim_queued()

    def advance(self, nonce: int, balance: int) -> list[Pooled]:
        """Follow the account to its state after a commit. Returns what that made stale."""
        executed = nonce - self.nonce
        stale = self.pending[:executed]
        del self.pending[:executed]
        self.pending_cost -= sum(item.cost for item in stale)
        self.nonce, self.balance = nonce, balance
        superseded = self._queued_index(nonce)
        stale += self.queued[:superseded]
        del self.queued[:superseded]
        stale += self._drop_unpayable()
        self._promote()
        return stale + self._trim_queued()

    def _drop_unpayable(self) -> list[Pooled]:
        """Make the pending ones fit the balance; those that alone exceed it are hopeless."""
        count = len(self.pending)
        cost = self.pending_cost
        while cost > self.balance:
            count -= 1
            cost -= self.pending[count].cost
        if count == len(self.pending):
            return []
        self._demote(count)
        hopeless = [item for item in self.queued if item.cost > self.balance]
        self.queued = [item for item in self.queued if item.cost <= self.balance]
        return hopeless

    def _promote(self) -> None:
        """Move what has become executable from queued to pending."""
        moved = 0
        for item in self.queued:
            full = len(self.pending) >= POOL_ACCOUNT_PENDING_MAX
            unpayable = self.pending_cost + item.cost > self.balance
            if full or unpayable or item.transaction.nonce != self.next_nonce:
                break
            self.pending.append(item)
            self.pending_cost += item.cost
            moved += 1
        del self.queued[:moved]

    def _demote(self, index: int) -> None:
        """Move the pending ones from `index` on back to queued."""
        demoted = self.pending[index:]
        del self.pending[index:]
        self.pending_cost -= sum(item.cost for item in demoted)
        self.queued[:0] = demoted

    def _trim_queued(self) -> list[Pooled]:
        excess = self.queued[POOL_ACCOUNT_QUEUED_MAX:]
        del self.queued[POOL_ACCOUNT_QUEUED_MAX:]
        return excess

    def _queued_index(self, nonce: int) -> int:
        return bisect_left(self.queued, nonce, key=_nonce)


def _nonce(item: Pooled) -> int:
    return item.transaction.nonce
