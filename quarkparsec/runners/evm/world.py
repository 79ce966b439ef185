"""What all frames of one transaction share: the journal, the block, and what the transaction gathers.

py-evm's instructions ask a *state* for the block and for accounts and a *transaction context* for the
origin and the gas price. Here one object answers both; it goes straight to the journal, so that no
layer between the two needs to be kept in step. Everything that a failing frame must take back is
either in the journal's undo log or in the four fields that `checkpoint` copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from quarkparsec.chain.legs import Endowment
from quarkparsec.chain.log import Log
from quarkparsec.errors import Unavailable
from quarkparsec.limits import BLOCK_HASH_WINDOW
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.rules import Rules
from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient

NO_BLOCK_HASH = b""
"""What BLOCKHASH pushes for a block outside its window: zero."""

BLOB_BASE_FEE_MIN = 1
"""EIP-4844's price when no block ever carried a blob; ours never do."""


NO_ENDOWMENTS: Final[Mapping[Recipient, Endowment]] = MappingProxyType({})


class OutOfTime(Unavailable):
    """A read-only execution took longer than its caller allows."""


class Checkpoint(NamedTuple):
    """What a frame returns to when it fails."""

    undo: int
    logs: int
    destroyed: int
    claims: int
    refund: int
    burned: int


class World:
    """One transaction's surroundings; lives as long as the transaction runs."""

    __slots__ = (
        "block",
        "burned",
        "claims",
        "destinations",
        "destroyed",
        "endowments",
        "gas_price",
        "journal",
        "logs",
        "missing",
        "origin",
        "origin_spent",
        "out_of_time",
        "refund",
        "rules",
    )

    blob_versioned_hashes: tuple[bytes, ...] = ()
    blob_base_fee = BLOB_BASE_FEE_MIN

    def __init__(
        self,
        journal: Journal,
        block: BlockContext,
        rules: Rules,
        origin: Recipient,
        gas_price: int,
        out_of_time: Callable[[], bool] | None = None,
        endowments: Mapping[Recipient, Endowment] = NO_ENDOWMENTS,
    ) -> None:
        self.journal = journal
        self.block = block
        self.rules = rules
        self.origin = origin
        self.origin_spent = 0
        """What the origin has left after paying for gas and value: what comes on top of it, it has gained."""
        self.gas_price = gas_price
        self.out_of_time = out_of_time
        self.destinations: dict[bytes, bytes] = {}
        """The jump destinations of every code that has run."""
        self.logs: list[Log] = []
        self.destroyed: list[Recipient] = []
        """Contracts to delete when the transaction ends (EIP-6780)."""
        self.claims: list[Recipient] = []
        """Contracts created outside their homes, with what waited there for them."""
        self.endowments = endowments
        """What is known of homes in other shards."""
        self.missing: set[Recipient] = set()
        """What had to be known of them, but isn't."""
        self.refund = 0
        self.burned = 0
        """Wei that contracts destroyed in favour of themselves."""

    # --- frames that fail

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            self.journal.begin(),
            len(self.logs),
            len(self.destroyed),
            len(self.claims),
            self.refund,
            self.burned,
        )

    def rollback(self, checkpoint: Checkpoint) -> None:
        """Take back everything since `checkpoint`."""
        self.journal.rollback(checkpoint.undo)
        del self.logs[checkpoint.logs :]
        del self.destroyed[checkpoint.destroyed :]
        del self.claims[checkpoint.claims :]
        self.refund = checkpoint.refund
        self.burned = checkpoint.burned

    # --- creations outside the contract's home

    def is_taken_at_home(self, recipient: Recipient) -> bool:
        """Whether a contract has been created at an address before, as far as its home must say it.

        The coinbase is paid at its home, so a contract can be created there only under its home key.
        """
        journal = self.journal
        if recipient == self.block.coinbase and journal.frame_key != journal.key_at_home(
            recipient
        ):
            return True
        if journal.is_home_of(recipient):
            return False
        endowment = self.endowments.get(recipient)
        if endowment is None:
            self.missing.add(recipient)
        return endowment is not None and endowment.is_taken

    def endow(self, recipient: Recipient) -> None:
        """Hand a new contract what waited at its home, unless its home is this shard."""
        endowment = self.endowments.get(recipient)
        if endowment is not None:
            self.journal.add_balance(recipient, endowment.balance)
            self.claims.append(recipient)

    def check_time(self) -> None:
        """Stop a read-only execution that took too long; consensus executions have no clock."""
        if self.out_of_time is not None and self.out_of_time():
            raise OutOfTime("execution timeout")

    # --- the block, by the names that py-evm's instructions use

    @property
    def coinbase(self) -> Recipient:
        return self.block.coinbase

    @property
    def timestamp(self) -> int:
        return self.block.timestamp

    @property
    def block_number(self) -> int:
        return self.block.number

    @property
    def gas_limit(self) -> int:
        return self.block.gas_limit

    @property
    def base_fee(self) -> int:
        return self.block.base_fee

    @property
    def mix_hash(self) -> bytes:
        return self.block.prevrandao

    @property
    def execution_context(self) -> BlockContext:
        return self.block

    def get_ancestor_hash(self, number: int) -> bytes:
        """The hash of one of the last 256 blocks, or b"" (zero)."""
        if not self.block.number - BLOCK_HASH_WINDOW <= number < self.block.number:
            return NO_BLOCK_HASH
        return self.block.block_hash(number) or NO_BLOCK_HASH

    # --- accounts, by the names that py-evm's instructions use

    def get_balance(self, recipient: Recipient) -> int:
        """What the running transaction sees (contract_rule)."""
        journal = self.journal
        entry = journal.entry(recipient)
        if entry.shard_key == journal.frame_key:
            return entry.balance
        is_origin = recipient == self.origin
        return entry.balance - (self.origin_spent if is_origin else journal.balance_before(entry))

    def is_address_warm(self, recipient: Recipient) -> bool:
        return self.journal.is_warm(recipient)

    def mark_address_warm(self, recipient: Recipient) -> None:
        self.journal.make_warm(recipient)
