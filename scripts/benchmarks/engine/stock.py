"""Stock py-evm doing the same: its Prague virtual machine on its own account database, over LevelDB.

It is treated generously. Keccak and secp256k1 are the native ones that QuarkParsec uses, too; the state
root is computed once a block; all writes of a block go to LevelDB in one batch; system contracts, block
rewards, header validation and the index of transactions are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import plyvel
import rlp
from eth.consensus import ConsensusContext
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.db.chain import ChainDB
from eth.rlp.accounts import Account
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader

from benchmarks.engine.phases import BlockResult, PhaseTimes, Stopwatch
from benchmarks.engine.scenario import (
    BALANCE,
    BASE_FEE,
    BLOCK_GAS,
    CHAIN_ID,
    COINBASE,
    FIRST_TIMESTAMP,
    PREVRANDAO,
    Block,
    Scenario,
)
from cluster.leveldb import BLOOM_FILTER_BITS
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.limits import STORE_BUFFER_BYTES_MAX, STORE_CACHE_BYTES
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Hash32, Recipient


class BufferedLevelDB(BaseDB):  # type: ignore[misc] # py-evm has no types for us
    """LevelDB for py-evm; what a block writes waits in memory until `flush`."""

    def __init__(self, folder: Path) -> None:
        self._pending: dict[bytes, bytes | None] = {}
        self._disk: Final[Any] = plyvel.DB(
            str(folder),
            create_if_missing=True,
            bloom_filter_bits=BLOOM_FILTER_BITS,
            lru_cache_size=STORE_CACHE_BYTES,
            write_buffer_size=STORE_BUFFER_BYTES_MAX,
        )

    def __getitem__(self, key: bytes) -> bytes:
        value: bytes | None = self._pending[key] if key in self._pending else self._disk.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._pending[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._pending[key] = None

    def _exists(self, key: bytes) -> bool:
        return key in self._pending or self._disk.get(key) is not None

    def flush(self) -> None:
        """Write everything in one batch."""
        with self._disk.write_batch() as batch:
            for key, value in self._pending.items():
                if value is None:
                    batch.delete(key)
                else:
                    batch.put(key, value)
        self._pending.clear()

    def close(self) -> None:
        self._disk.close()


class Stock:
    """py-evm over LevelDB."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self._database: Final = BufferedLevelDB(folder)
        self._chain_database: Final = ChainDB(AtomicDB(self._database))
        value = rlp.encode(Account(balance=BALANCE))
        self._root = write_state(self._database, scenario.recipients, value)
        self._number = 0

    def run(self, block: Block) -> BlockResult:
        """Execute and commit the next block."""
        machine, header = self._machine()
        watch = Stopwatch()
        builder = machine.get_transaction_builder()
        transactions = [builder.decode(raw) for raw in block]
        for transaction in transactions:
            transaction.sender  # noqa: B018 - recovered here, and kept by the transaction
        decode = watch.lap()
        header, receipts, _ = machine.apply_all_transactions(transactions, header)
        execute = watch.lap()
        empty = machine.get_block()
        packed = machine.set_block_transactions_and_withdrawals(
            empty, header, transactions, receipts
        )
        machine.state.persist()
        self._root = machine.state.state_root
        roots = watch.lap()
        self._database.flush()
        write = watch.lap()
        return BlockResult(
            PhaseTimes(decode, execute, roots, write),
            header.gas_used if all(_succeeded(receipt) for receipt in receipts) else 0,
            packed.header.transaction_root,
            packed.header.receipt_root,
        )

    def accounts(self) -> Any:
        """py-evm's account database at the head, with nothing in its caches."""
        return AccountDB(AtomicDB(self._database), self._root)

    def balance(self, recipient: Recipient) -> int:
        """Wei, at the head."""
        balance: int = self.accounts().get_balance(recipient)
        return balance

    def close(self) -> None:
        self._database.close()

    def _machine(self) -> tuple[Any, Any]:
        self._number += 1
        header = PragueBlockHeader(
            difficulty=0,
            block_number=self._number,
            gas_limit=BLOCK_GAS,
            timestamp=FIRST_TIMESTAMP + self._number,
            coinbase=COINBASE,
            state_root=self._root,
            base_fee_per_gas=BASE_FEE,
            mix_hash=PREVRANDAO,
        )
        database = self._chain_database
        context = ConsensusContext(self._database)
        return PragueVM(header, database, ChainContext(CHAIN_ID), context), header


def write_state(
    database: BufferedLevelDB, recipients: Sequence[Recipient], value: bytes
) -> Hash32:
    """Write the state trie in which every recipient has `value`; its root.

    HexaryTrie would take minutes to build it, which isn't what is measured here.
    """
    values: dict[bytes, bytes | None] = {keccak(recipient): value for recipient in recipients}
    root, writes = Trie(lambda _: None, EMPTY_TRIE_ROOT, NodeCache()).update(values)
    for node in writes.values():
        if node is not None:
            database[keccak(node)] = node
    database.flush()
    return root


def _succeeded(receipt: Any) -> bool:
    """py-evm keeps the status where receipts once had a state root (EIP-658)."""
    return bool(receipt.state_root == b"\x01")
