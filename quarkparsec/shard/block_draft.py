"""What the lanes of one epoch do in one shard, while they do it: the block before it is built.

The lanes write into it one after the other, together with the journal; sealing reads it. Replay makes the
same draft from a block's body.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.block import Entry
from quarkparsec.chain.bloom import EMPTY_BLOOM, bloom
from quarkparsec.chain.fees import effective_gas_price
from quarkparsec.chain.legs import Call, Credit, CreditsFrom, Legs, TicketLeg
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.serial_order import SerialOrder
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.positions import Positions
from quarkparsec.state.journal import Journal
from quarkparsec.state.sweeping import Piece
from quarkparsec.types import Epoch, Gas, Hash32, Recipient, ShardId, ShardKey


class Invalid(NamedTuple):
    """A candidate that no block can hold now, and why."""

    transaction_hash: Hash32
    reason: str


class Rerouted(NamedTuple):
    """A transaction that turned out to be a call: there is code at its destination, under this key."""

    transaction_hash: Hash32
    to_key: ShardKey


class Deferred(NamedTuple):
    """A candidate that lane 1 left to a later lane."""

    candidate: Candidate
    needs: tuple[Recipient, ...] = ()
    """Contracts that it creates outside their homes, as far as known."""


class Extent(NamedTuple):
    """How far a draft is written: entries and legs are only ever added, so what it covers stays."""

    entries: int
    ticket_legs: int
    transfers: int


class BlockDraft:
    """One shard's part of one round."""

    def __init__(self, journal: Journal, context: BlockContext) -> None:
        self.journal = journal
        self.context = context
        self.swept: Piece | None = None
        """What lane 0 swept; None if it had nothing to do."""
        self.entries: list[Entry] = []
        self.positions = Positions(self.entries)
        self.receipts: list[Receipt] = []
        self.gas_used = 0
        self.tips = 0
        self.invalid: list[Invalid] = []
        self.rerouted: list[Rerouted] = []
        self.deferred: dict[Recipient, list[Deferred]] = {}
        """What lane 1 left, by sender, in nonce order."""
        self.gains: dict[Recipient, int] = {}
        """What this epoch left here with user accounts whose home is elsewhere."""
        self.ticket_legs: list[TicketLeg] = []
        self.transfer_count = 0
        self.payouts: tuple[Credit, ...] = ()
        self.credits: dict[ShardId, tuple[Credit, ...]] = {}

    @property
    def gas_left(self) -> int:
        """What the block has room for."""
        return self.context.gas_limit - self.gas_used

    @property
    def extent(self) -> Extent:
        """How far it is written now."""
        return Extent(len(self.entries), len(self.ticket_legs), self.transfer_count)

    def serial_order(self, extent: Extent) -> SerialOrder:
        """The order of the transactions that `extent` covers."""
        legs = self.ticket_legs[: extent.ticket_legs]
        calls = tuple([leg for leg in legs if isinstance(leg, Call)])
        return SerialOrder(Epoch(self.context.number), extent.entries, calls, extent.transfers)

    @property
    def legs(self) -> Legs:
        """The legs as the body holds them."""
        ordered = sorted(self.ticket_legs, key=lambda leg: (leg.position, leg.ticket))
        sources = [source for source in sorted(self.credits) if self.credits[source]]
        return Legs(
            tuple(ordered),
            self.transfer_count,
            self.payouts,
            tuple([CreditsFrom(source, self.credits[source]) for source in sources]),
        )

    def include(self, transaction: Transaction, to_key: ShardKey, done: Done) -> None:
        """Take an executed transaction into the block."""
        self.gas_used += done.gas_used
        self.tips += done.tip
        self.entries.append(Entry(transaction.raw, transaction.sender, to_key))
        self.receipts.append(self._receipt(transaction, done))
        for recipient, gain in done.gains:
            self.gains[recipient] = self.gains.get(recipient, 0) + gain

    def refuse(self, transaction: Transaction, reason: str) -> None:
        """No block can hold it now."""
        self.invalid.append(Invalid(transaction.hash, reason))

    def reroute(self, transaction: Transaction, to_key: ShardKey) -> None:
        """It goes to a contract that lives under `to_key`."""
        self.rerouted.append(Rerouted(transaction.hash, to_key))

    def true_key(self, transaction: Transaction, to_key: ShardKey) -> ShardKey:
        """The key of the contract that a transaction goes to, if this shard knows one; else `to_key`.

        It may have been created while the transaction was on its way. Who has signed for a key means it.
        """
        to = transaction.to
        if to is None or transaction.to_key is not None or to in self.context.universal:
            return to_key
        entry = self.journal.entry(to)
        return entry.shard_key if entry.has_code else to_key

    def defer(self, deferred: Deferred) -> None:
        """Leave it to a later lane."""
        self.deferred.setdefault(deferred.candidate.transaction.sender, []).append(deferred)

    def _receipt(self, transaction: Transaction, done: Done) -> Receipt:
        return Receipt(
            type=transaction.type,
            status=done.status,
            cumulative_gas_used=Gas(self.gas_used),
            bloom=bloom(done.logs) if done.logs else EMPTY_BLOOM,
            logs=done.logs,
            gas_used=done.gas_used,
            effective_gas_price=effective_gas_price(transaction, self.context.base_fee),
            contract=done.contract,
        )
