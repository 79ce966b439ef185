"""QuarkParsec's pipeline for one shard: what a slave does with a block, without pool and network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

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
from cluster.leveldb import LevelDBStore
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_builder import build_block
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.block_rows import block_batch
from quarkparsec.shard.labels import labelled
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.opening import Opening
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState, create_state
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, Wei, home_key

GENESIS_HASH: Final = Hash32(bytes(32))
HISTORY: Final = 128
"""Epochs of reverse diffs, as the devnet keeps them."""

RULES: Final = Rules(CHAIN_ID, "prague", BLOCK_GAS, COINBASE)

ALONE: Final = Neighbourhood(ShardId(0), 1, frozenset({ShardId(0)}))
"""The only shard there is."""


class Ours:
    """One shard over LevelDB."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self._store: Final = LevelDBStore(folder)
        accounts = {
            recipient: GenesisEntry(home_key(recipient), 0, BALANCE, b"", {})
            for recipient in scenario.recipients
        }
        create_state(self._store, GENESIS_HASH, Place(ShardId(0), 1), accounts)
        self._parent = GENESIS_HASH
        self.state = self.reopened()

    def run(self, block: Block) -> BlockResult:
        """Execute and commit the next block."""
        context = self._context()
        watch = Stopwatch()
        transactions = [decode_transaction(raw) for raw in block]
        decode = watch.lap()
        draft = BlockDraft(self.state.journal(), context)
        run_in_shard(draft, self.candidates(transactions), ALONE, lambda: False)
        execute = watch.lap()
        opening = Opening(self._parent, GENESIS_HASH, context)
        built = build_block(self.state, draft, Wei(draft.tips), opening)
        self._parent = built.hash
        roots = watch.lap()
        self._store.write({**block_batch(built), **built.state.batch}, sync=False)
        self.state.commit(built.state)
        write = watch.lap()
        return BlockResult(
            PhaseTimes(decode, execute, roots, write),
            draft.gas_used if all(receipt.status for receipt in draft.receipts) else 0,
            built.block.header.transactions_root,
            built.block.header.receipts_root,
        )

    def candidates(
        self, transactions: Iterable[Transaction], runs_code: bool = False
    ) -> list[TransactionCandidate]:
        """Transactions as the pool would hand them to lane 1."""
        return [
            labelled(Candidate(each, self._key(each), runs_code), RULES) for each in transactions
        ]

    def draft(self) -> BlockDraft:
        """An empty block upon the head, as if nothing had been read yet in this epoch."""
        return BlockDraft(self.state.journal(), self._context())

    def reopened(self) -> ShardState:
        """The state with nothing in its caches."""
        return ShardState(self._store, ShardId(0), GENESIS_HASH, history=HISTORY, archive=False)

    def balance(self, recipient: Recipient) -> int:
        """Wei, at the head."""
        account = self.state.account(recipient)
        return account.balance if account else 0

    def close(self) -> None:
        self._store.close()

    def _key(self, transaction: Transaction) -> ShardKey:
        """The shard key of the destination, as the agent resolves it."""
        recipient = transaction.to
        if recipient is None:
            return home_key(transaction.sender)
        account = self.state.account(recipient)
        return account.shard_key if account else home_key(recipient)

    def _context(self) -> BlockContext:
        number = self.state.head + 1
        return BlockContext(
            chain_id=CHAIN_ID,
            number=number,
            timestamp=FIRST_TIMESTAMP + number,
            gas_limit=BLOCK_GAS,
            base_fee=BASE_FEE,
            coinbase=COINBASE,
            prevrandao=PREVRANDAO,
            block_hash=lambda _: None,
            fork=RULES.fork,
            universal=frozenset(),
        )
