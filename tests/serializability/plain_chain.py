"""One plain Ethereum chain without shards: stock py-evm, one state, one transaction after the other.

Given a cluster's transactions in fingerprint order it must come to the same ends. It knows one thing of
sharding, because gas depends on it: a contract that pays a user account of another home creates that
account in its own shard, and pays the surcharge for new accounts (once an epoch: the money then goes home).
An account that a split has left there with its nonce isn't new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague import PragueState
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_utils import ValidationError

from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.chain.transaction import Transaction
from quarkparsec.types import Hash32, Recipient, ShardId, Slot, home_key, shard_of
from tests.serializability.violation import Violation

Logs = tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]


class Ending(NamedTuple):
    """How a transaction ended, as far as a receipt or a caller can tell."""

    succeeded: bool
    gas_used: int
    logs: Logs
    output: bytes


class _State(PragueState):  # type: ignore[misc]  # py-evm has no types
    """py-evm's state, in which accounts of other homes look new."""

    looks_new: Callable[[bytes], bool] = staticmethod(lambda _: False)

    def account_exists(self, address: bytes) -> bool:
        return bool(super().account_exists(address)) and not self.looks_new(address)


class PlainChain:
    """The accounts of a genesis file, and what transactions make of them."""

    def __init__(self, genesis: Genesis) -> None:
        self._genesis: Final = genesis
        self._shard_count = genesis.shard_count
        self._left: frozenset[tuple[ShardId, Recipient]] = frozenset()
        """What splits have left of accounts of another shard."""
        self._state: Final = _State(AtomicDB(), _context(genesis, None, ()), BLANK_ROOT_HASH)
        accounts = {**genesis.alloc, **genesis.universal_contracts}
        for recipient, entry in accounts.items():
            self._state.set_balance(recipient, entry.balance)
            self._state.set_nonce(recipient, entry.nonce)
            self._state.set_code(recipient, entry.code)
            for slot, word in entry.storage.items():
                self._state.set_storage(recipient, int.from_bytes(slot, "big"), word)
        self._state.lock_changes()
        self._shard_id = ShardId(0)
        self._sender = b""
        self._met: set[tuple[ShardId, Recipient]] = set()
        """Who was paid in a shard where they aren't at home, in this epoch."""
        self._state.looks_new = self._looks_new

    def begin_epoch(self, header: Header, hashes: Iterable[Hash32]) -> None:
        """What transactions see of the block; `hashes` are those of the blocks before, the last first."""
        self._state.execution_context = _context(self._genesis, header, hashes)
        self._met.clear()

    def split(self, left: Iterable[tuple[ShardId, Recipient]]) -> None:
        """There are twice as many shards, and this is what is left in them of others' accounts."""
        self._shard_count *= 2
        self._left = frozenset(left)

    def send(self, transaction: Transaction, shard_id: ShardId) -> Ending:
        """Run a transaction, which the cluster ran in shard `shard_id`."""
        self._shard_id, self._sender = shard_id, transaction.sender
        state = self._state
        try:
            computation = state.apply_transaction(PragueTransactionBuilder.decode(transaction.raw))
        except ValidationError as error:
            raise Violation(f"a plain chain refuses what the cluster did: {error}") from error
        state.lock_changes()
        used = transaction.gas_limit - computation.get_gas_remaining()
        used += computation.data_floor_gas - min(computation.get_gas_refund(), used // 5)
        logs = tuple(
            (account, tuple(topic.to_bytes(32, "big") for topic in topics), data)
            for account, topics, data in computation.get_log_entries()
        )
        return Ending(computation.is_success, used, logs, computation.output)

    def meet(self, recipient: Recipient, shard_id: ShardId) -> None:
        """A stranger has money in a shard for the rest of the epoch."""
        self._met.add((shard_id, recipient))

    # --- accounts

    def nonce(self, recipient: Recipient) -> int:
        return int(self._state.get_nonce(recipient))

    def balance(self, recipient: Recipient) -> int:
        return int(self._state.get_balance(recipient))

    def code(self, recipient: Recipient) -> bytes:
        return bytes(self._state.get_code(recipient))

    def word(self, recipient: Recipient, slot: Slot) -> int:
        return int(self._state.get_storage(recipient, int.from_bytes(slot, "big")))

    def _looks_new(self, address: bytes) -> bool:
        recipient = Recipient(address)
        is_at_home = shard_of(home_key(recipient), self._shard_count) == self._shard_id
        place = self._shard_id, recipient
        is_known = recipient == self._sender or place in self._met or place in self._left
        return not (is_at_home or is_known or self._state.get_code(recipient))


def _context(genesis: Genesis, header: Header | None, hashes: Iterable[Hash32]) -> Any:
    return ExecutionContext(
        genesis.coinbase,
        header.timestamp if header else genesis.timestamp,
        header.number if header else 0,
        0,
        header.prevrandao if header else b"\0" * 32,
        genesis.gas_limit,
        hashes,
        genesis.chain_id,
        header.base_fee if header else genesis.base_fee,
        0,
    )
