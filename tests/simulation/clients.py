"""The clients of a simulated cluster: each sends what it has no receipt for, some of it again and again.

They know where contracts live as gateways do: from genesis, from committed root blocks, and from the
creations that went through their own hands (then they may be wrong about when). Where they know nothing
they send to a recipient's home.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Rejected
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.types import Recipient, ShardKey, home_key, shard_of
from tests.simulation.traffic import Wishes

if TYPE_CHECKING:
    from tests.simulation.world import World

WINDOW: Final = 4
"""Transactions that a client has under way at once."""


class Clients:
    """All of them, in one world."""

    def __init__(self, world: World, wishes: Wishes) -> None:
        self._world: Final = world
        self._wishes: Final = wishes
        self._contracts: Final = {
            recipient: entry.shard_key
            for recipient, entry in world.genesis.alloc.items()
            if entry.code
        }
        self._expected: Final[dict[Recipient, ShardKey]] = {
            create_address(sender, transaction.nonce): home_key(sender)
            for sender, transactions in wishes.items()
            for transaction in transactions
            if transaction.to is None
        }
        self._epochs_seen = 1
        self._shard_count = world.genesis.shard_count
        """As far as they know."""
        self._interval_ms: Final = world.random.choice((30, 300))
        self._crowd: Final = world.random.choice((1, len(wishes)))
        """How many come at once."""

    @property
    def wanted(self) -> int:
        """How many transactions there are."""
        return sum(map(len, self._wishes.values()))

    @property
    def nonces(self) -> dict[Recipient, int]:
        """What each account's nonce will be in the end."""
        return {sender: len(transactions) for sender, transactions in self._wishes.items()}

    @property
    def transactions(self) -> list[Transaction]:
        """All that is wanted."""
        return [each for row in self._wishes.values() for each in row]

    def load(self) -> None:
        """Some send, and others later."""
        world = self._world
        world.at(world.now_ms + world.random.randint(1, self._interval_ms), self.load)
        self._follow_roots()
        for sender in world.random.sample(list(self._wishes), self._crowd):
            self._send_of(sender)

    def _send_of(self, sender: Recipient) -> None:
        world = self._world
        first = self._acknowledged_of(sender)
        shard = world.shards.get(shard_of(home_key(sender), self._shard_count))
        for transaction in self._wishes[sender][first : first + WINDOW]:
            admit = partial(_admit, world.now_ms, self._candidate(transaction))
            if shard is not None:
                with suppress(Rejected):
                    shard.do(admit)

    def _candidate(self, transaction: Transaction) -> Candidate:
        to, sender_key = transaction.to, home_key(transaction.sender)
        if to is None or to in self._world.genesis.universal:
            return Candidate(transaction, sender_key, runs_code=True)
        key = self._contracts.get(to)
        if key is None and self._world.random.random() < 0.5:
            key = self._expected.get(to)
        if key is not None:
            return Candidate(transaction, key, runs_code=True)
        return Candidate(transaction, home_key(to))

    def _follow_roots(self) -> None:
        """Learn of the contracts that committed blocks have created; the first stays."""
        roots = self._world.checker.roots
        for block in roots[self._epochs_seen :]:
            for summary in block.summaries:
                for recipient, key in summary.created:
                    self._contracts.setdefault(recipient, key)
        if self._epochs_seen < len(roots):
            self._epochs_seen = len(roots)
        else:
            self._shard_count = roots[-1].shard_count  # of a split they hear late

    def _acknowledged_of(self, sender: Recipient) -> int:
        acknowledged = self._world.checker.acknowledged
        for nonce, transaction in enumerate(self._wishes[sender]):
            if transaction.hash not in acknowledged:
                return nonce
        return len(self._wishes[sender])


def _admit(now_ms: int, candidate: Candidate, machine: ShardMachine) -> list[Any]:
    return machine.admit(now_ms, candidate)
