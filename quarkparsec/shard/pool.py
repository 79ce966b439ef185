"""The transactions that wait for a block of one shard.

A transaction stays here until a *committed* block has made it stale: an aborted epoch loses nothing. A
block takes copies of candidates, so it may be built elsewhere while the pool goes on changing.

The pool is bounded in transactions, in bytes and for each account. When it is full, a newcomer takes the
place of another account's last transaction if that one is gapped, if its sender holds more than the
guaranteed number and more than the newcomer's, or if it pays less; otherwise the newcomer is refused. So
neither one account nor many cheap ones can keep the others out.

Memory only: what a crash drops was never promised to anybody (acknowledged = a receipt exists).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heapreplace
from typing import Final, NamedTuple

from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Rejected
from quarkparsec.limits import (
    POOL_ACCOUNT_GUARANTEED,
    POOL_ACCOUNT_PENDING_MAX,
    POOL_ACCOUNT_QUEUED_MAX,
    POOL_BYTES_MAX,
    POOL_LIFETIME_MS,
    POOL_TRANSACTIONS_MAX,
)
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.shard.account_queue import AccountQueue, Candidate, Pooled
from quarkparsec.shard.admission import (
    Rules,
    check_admissible,
    check_funds,
    check_key,
    check_nonce,
    check_replacement,
)
from quarkparsec.shard.block_draft import Invalid, Rerouted
from quarkparsec.shard.eviction import EvictionOrder
from quarkparsec.shard.labels import labelled
from quarkparsec.state.account import Account
from quarkparsec.types import Epoch, Hash32, Nonce, Recipient, ShardId, Wei, shard_of
from quarkparsec.wire.epoch import Work


class Capacity(NamedTuple):
    """How much one pool may hold."""

    transactions_max: int = POOL_TRANSACTIONS_MAX
    bytes_max: int = POOL_BYTES_MAX


DEFAULT_CAPACITY: Final = Capacity()


class Pool:
    """Pending and queued transactions of every sender of one shard."""

    def __init__(self, rules: Rules, capacity: Capacity = DEFAULT_CAPACITY) -> None:
        self._rules: Final = rules
        self._capacity: Final = capacity
        self._accounts: dict[Recipient, AccountQueue] = {}
        self._by_hash: dict[Hash32, Pooled] = {}
        self._order: Final = EvictionOrder(self._accounts)
        self._bytes = 0
        self._sequence = 0

    # --- what is in it

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[Pooled]:
        """All that waits, in the order of arrival but for what was replaced."""
        return iter(self._by_hash.values())

    @property
    def size_bytes(self) -> int:
        """The encoded transactions together."""
        return self._bytes

    def find(self, transaction_hash: Hash32) -> Pooled | None:
        """A waiting transaction, pending or queued."""
        return self._by_hash.get(transaction_hash)

    def is_queued(self, item: Pooled) -> bool:
        """Whether a waiting transaction waits for an earlier nonce, or for money."""
        return item.transaction.nonce >= self._accounts[item.transaction.sender].next_nonce

    def waiting(self) -> list[Pooled]:
        """Everything that waits, in the order of arrival."""
        return sorted(self._by_hash.values(), key=lambda item: item.sequence)

    def pending_nonce(self, sender: Recipient) -> Nonce | None:
        """The next nonce after the pending transactions of `sender`; None if it has none here."""
        queue = self._accounts.get(sender)
        return Nonce(queue.next_nonce) if queue else None

    def work(self, base_fee: Wei) -> Work:
        """Whether a block at `base_fee` would find something to execute."""
        waiting = Work.NONE
        for queue in self._accounts.values():
            waiting = max(waiting, _work(queue, base_fee))
            if waiting == Work.READY:
                break
        return waiting

    def work_of(self, sender: Recipient, base_fee: Wei) -> Work:
        """The same for the transactions of one sender."""
        queue = self._accounts.get(sender)
        return _work(queue, base_fee) if queue else Work.NONE

    def candidates(self, base_fee: Wei, count_max: int) -> list[TransactionCandidate]:
        """At most `count_max` pending transactions in the order in which a block should try them.

        The highest effective tip first, the earlier arrival among equals; of one sender in nonce order.
        """
        heads = [
            _head(queue, 0, base_fee)
            for queue in self._accounts.values()
            if _is_payable(queue, 0, base_fee)
        ]
        heapify(heads)
        chosen: list[TransactionCandidate] = []
        while heads and len(chosen) < count_max:
            _, _, queue, index = heads[0]
            chosen.append(queue.pending[index].request)
            index += 1
            if _is_payable(queue, index, base_fee):
                heapreplace(heads, _head(queue, index, base_fee))
            else:
                heappop(heads)
        return chosen

    # --- coming and going

    def add(
        self, candidate: Candidate, account: Account | None, now_ms: int, epoch: Epoch
    ) -> Pooled:
        """Take a transaction, for `epoch` at the earliest. Its sender has `account` in this shard.

        Raises Rejected.
        """
        transaction = candidate.transaction
        if transaction.hash in self._by_hash:
            raise Rejected("already known")
        check_admissible(transaction, self._rules)
        queue = self._accounts.get(transaction.sender)
        if queue is None:
            queue = AccountQueue(account.nonce, account.balance) if account else AccountQueue(0, 0)
        cost = transaction.gas_limit * transaction.max_fee_per_gas + transaction.value
        check_key(transaction, account, cost)
        held = self._check_place(queue, transaction, cost)
        self._sequence += 1
        request = labelled(candidate, self._rules)
        item = Pooled(request, cost, now_ms, self._sequence, epoch)
        self._put(queue, item, held)
        return item

    def update(self, recipient: Recipient, nonce: Nonce, balance: Wei) -> None:
        """Follow an account to its committed state: forget what that made stale."""
        queue = self._accounts.get(recipient)
        if queue is not None:
            self._forget(queue.advance(nonce, balance))
            self._settle(recipient, queue)

    def follow(
        self,
        accounts: Mapping[Recipient, Account | None],
        invalid: Iterable[Invalid],
        rerouted: Iterable[Rerouted],
    ) -> None:
        """A block was committed: what it made of accounts, and what it could not hold."""
        for recipient, account in accounts.items():
            if account is not None:
                self.update(recipient, account.nonce, account.balance)
        for refused in invalid:
            self.drop(refused.transaction_hash)
        for transfer in rerouted:
            self._reroute(transfer)

    def drop(self, transaction_hash: Hash32) -> None:
        """Forget a transaction that turned out to be invalid; what follows it waits for another."""
        item = self._by_hash.get(transaction_hash)
        if item is not None:
            self._remove(item)

    def expire(self, now_ms: int) -> None:
        """Forget what has waited too long."""
        deadline_ms = now_ms - POOL_LIFETIME_MS
        while self._by_hash:
            oldest = next(iter(self._by_hash.values()))
            if oldest.arrived_ms > deadline_ms:
                break
            self._remove(oldest)

    def take_strangers(self, shard_id: ShardId, shard_count: int) -> tuple[Candidate, ...]:
        """Give away what isn't of this shard among so many; of one sender in nonce order."""
        strangers = [
            item for item in self if shard_of(item.transaction.origin_key, shard_count) != shard_id
        ]
        strangers.sort(key=lambda item: item.transaction.nonce)
        for item in reversed(strangers):  # nothing that follows one is made to wait for it
            self._remove(item)
        return tuple(item.candidate for item in strangers)

    # --- bookkeeping

    def _reroute(self, transfer: Rerouted) -> None:
        """A transfer turned out to be a call; it waits where it was, but for another lane."""
        item = self._by_hash.get(transfer.transaction_hash)
        if item is not None:
            candidate = Candidate(item.transaction, transfer.to_key, runs_code=True)
            rerouted = item._replace(request=labelled(candidate, self._rules))
            self._accounts[item.transaction.sender].replace(item, rerouted)
            self._by_hash[transfer.transaction_hash] = rerouted

    def _check_place(
        self, queue: AccountQueue, transaction: Transaction, cost: int
    ) -> Pooled | None:
        """Raise Rejected unless `queue` and the pool can take a transaction; evict for it.

        Returns the transaction that it replaces, if it does.
        """
        check_nonce(transaction, queue.nonce)
        held = queue.find(transaction.nonce)
        if held is not None:
            check_replacement(held.transaction, transaction)
        executable = transaction.nonce <= queue.next_nonce
        check_funds(cost, queue.cost_before(transaction.nonce) if executable else 0, queue.balance)
        if held is None:
            self._make_room(queue, transaction)
        elif self._is_full(0, len(transaction.raw) - len(held.transaction.raw)):
            raise Rejected("txpool is full")
        return held

    def _put(self, queue: AccountQueue, item: Pooled, held: Pooled | None) -> None:
        sender = item.transaction.sender
        self._accounts[sender] = queue
        if held is None:
            queue.insert(item)
        else:
            queue.replace(held, item)
            self._forget([held])
        self._by_hash[item.transaction.hash] = item
        self._bytes += len(item.transaction.raw)
        self._settle(sender, queue)

    def _remove(self, item: Pooled) -> None:
        sender = item.transaction.sender
        queue = self._accounts[sender]
        self._forget([item, *queue.remove(item)])
        self._settle(sender, queue)

    def _forget(self, items: list[Pooled]) -> None:
        for item in items:
            del self._by_hash[item.transaction.hash]
            self._bytes -= len(item.transaction.raw)

    def _settle(self, recipient: Recipient, queue: AccountQueue) -> None:
        """Keep the order of eviction true after any change of one account."""
        queue.version += 1
        if len(queue):
            self._order.changed(recipient, queue)
        else:
            del self._accounts[recipient]

    # --- room

    def _make_room(self, queue: AccountQueue, transaction: Transaction) -> None:
        """Evict until a newcomer fits, or raise Rejected."""
        gapped = transaction.nonce > queue.next_nonce
        if gapped:
            crowded = len(queue.queued) >= POOL_ACCOUNT_QUEUED_MAX
        else:
            crowded = len(queue.pending) >= POOL_ACCOUNT_PENDING_MAX
        if crowded:
            raise Rejected("account limit exceeded")
        while self._is_full(1, len(transaction.raw)):
            victim = None if gapped else self._order.first()
            if victim is None:
                raise Rejected("txpool is full")
            _check_precedence(self._accounts[victim], queue, transaction)
            self._remove(self._accounts[victim].tail)

    def _is_full(self, count: int, size_bytes: int) -> bool:
        return (
            len(self._by_hash) + count > self._capacity.transactions_max
            or self._bytes + size_bytes > self._capacity.bytes_max
        )


def _check_precedence(victim: AccountQueue, queue: AccountQueue, newcomer: Transaction) -> None:
    """Raise Rejected unless a newcomer to `queue` may take the place of the victim's tail."""
    if victim.queued:
        return
    if victim is queue:
        raise Rejected("txpool is full")
    if len(victim) > max(POOL_ACCOUNT_GUARANTEED, len(queue) + 1):
        return
    if newcomer.max_fee_per_gas <= victim.tail.transaction.max_fee_per_gas:
        raise Rejected("transaction underpriced")


def _head(queue: AccountQueue, index: int, base_fee: Wei) -> tuple[int, int, AccountQueue, int]:
    """A sender's next candidate as the heap of candidates compares it (sequences are unique)."""
    item = queue.pending[index]
    transaction = item.transaction
    tip = min(transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas - base_fee)
    return -tip, item.sequence, queue, index


def _work(queue: AccountQueue, base_fee: Wei) -> Work:
    if not queue.pending:
        return Work.NONE
    return Work.READY if _is_payable(queue, 0, base_fee) else Work.PATIENT


def _is_payable(queue: AccountQueue, index: int, base_fee: Wei) -> bool:
    pending = queue.pending
    return index < len(pending) and pending[index].transaction.max_fee_per_gas >= base_fee
