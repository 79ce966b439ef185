"""One plain Ethereum chain without shards: stock py-evm, one state, one transaction after the other.

Given a cluster's transactions in fingerprint order it must come to the same ends. It knows one thing of
sharding, because gas depends on it: to a contract, user accounts of other shard keys are new until it has paid
them in the same transaction, so it pays the surcharge for new accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
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
from quarkparsec.types import Hash32, Recipient, ShardKey, Slot, home_key
from tests.serializability.violation import Violation

Logs = tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]


class Ending(NamedTuple):
    """How a transaction ended, as far as a receipt or a caller can tell."""

    succeeded: bool
    gas_used: int
    logs: Logs
    output: bytes


class _State(PragueState):  # type: ignore[misc]  # py-evm has no types
    """py-evm's state, in which accounts of other keys look new."""

    looks_new: Callable[[bytes], bool] = staticmethod(lambda _: False)

    def account_exists(self, address: bytes) -> bool:
        return bool(super().account_exists(address)) and not self.looks_new(address)

    def is_richer(self, address: bytes) -> bool:
        """Whether an account has more than when the transaction began."""
        return bool(self.get_balance(address) > self.before.get(address, 2**256))

    def set_balance(self, address: bytes, balance: int) -> None:
        self.before.setdefault(address, self.get_balance(address))
        super().set_balance(address, balance)

    @cached_property
    def before(self) -> dict[bytes, int]:
        """What accounts had, whose balance the transaction has touched."""
        return {}


class PlainChain:
    """The accounts of a genesis file, and what transactions make of them."""

    def __init__(self, genesis: Genesis) -> None:
        self._genesis: Final = genesis
        self._state: Final = _State(AtomicDB(), _context(genesis, None, ()), BLANK_ROOT_HASH)
        accounts = {**genesis.alloc, **genesis.universal_contracts}
        for recipient, entry in accounts.items():
            self._state.set_balance(recipient, entry.balance)
            self._state.set_nonce(recipient, entry.nonce)
            self._state.set_code(recipient, entry.code)
            for slot, word in entry.storage.items():
                self._state.set_storage(recipient, int.from_bytes(slot, "big"), word)
        self._state.lock_changes()
        self._frame_key = ShardKey(0)
        self._sender = b""
        self._state.looks_new = self._looks_new

    def begin_epoch(self, header: Header, hashes: Iterable[Hash32]) -> None:
        """What transactions see of the block; `hashes` are those of the blocks before, the last first."""
        self._state.execution_context = _context(self._genesis, header, hashes)

    def send(self, transaction: Transaction, frame_key: ShardKey) -> Ending:
        """Run a transaction, whose frames had `frame_key` in the cluster."""
        self._frame_key, self._sender = frame_key, transaction.sender
        state = self._state
        state.before.clear()
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
        is_known = recipient == self._sender or home_key(recipient) == self._frame_key
        return not (is_known or self._state.get_code(recipient) or self._state.is_richer(address))


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
