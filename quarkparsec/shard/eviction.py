"""Who gives way when a pool is full.

First an account that has gapped transactions, then the one that holds the most beyond what every account
is guaranteed, then the one whose last transaction pays least. The victim always loses its highest nonce,
so that nothing before it becomes stuck.

A heap with lazy deletion: each change of an account pushes its new rank, an entry with an old version is
skipped when it comes up. O(log n) a change.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Final

from quarkparsec.limits import POOL_ACCOUNT_GUARANTEED
from quarkparsec.shard.account_queue import AccountQueue
from quarkparsec.types import Recipient

_Rank = tuple[bool, int, int, Recipient, int]
"""Nothing gapped, −(holdings beyond the guarantee), tail's fee cap, who, version; the smallest goes."""

_STALE_ENTRIES_MAX: Final = 1_024
"""Stale ranks that may lie in the heap beside one for each account, before it is built anew."""


class EvictionOrder:
    """The accounts of a pool, the next victim first."""

    def __init__(self, accounts: dict[Recipient, AccountQueue]) -> None:
        self._accounts: Final = accounts
        self._heap: list[_Rank] = []

    def changed(self, recipient: Recipient, queue: AccountQueue) -> None:
        """Take note of the new length or tail of an account that has transactions."""
        if len(self._heap) > 2 * len(self._accounts) + _STALE_ENTRIES_MAX:
            self._heap = [_rank(who, what) for who, what in self._accounts.items()]
            heapify(self._heap)
        else:
            heappush(self._heap, _rank(recipient, queue))

    def first(self) -> Recipient | None:
        """The account whose tail goes next; None when the pool is empty."""
        while self._heap:
            recipient, version = self._heap[0][3:]
            queue = self._accounts.get(recipient)
            if queue is not None and queue.version == version:
                return recipient
            heappop(self._heap)
        return None


def _rank(recipient: Recipient, queue: AccountQueue) -> _Rank:
    excess = max(0, len(queue) - POOL_ACCOUNT_GUARANTEED)
    fee_cap = queue.tail.transaction.max_fee_per_gas
    return not queue.queued, -excess, fee_cap, recipient, queue.version
