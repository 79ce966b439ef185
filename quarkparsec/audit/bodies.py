"""A shard block's body is what its header commits to, and what the root block says of it.

Roots, bloom, gas and counts are computed again from the stored transactions and receipts; each sender is
recovered from its signature; tips and the burned base fees are computed from the receipts. What only
execution shows (a receipt's content, balances that self-destruction burned) is checked in `replaying`.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.audit.findings import Note
from quarkparsec.chain.block import ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM, union
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import Rejected
from quarkparsec.shard.block_rows import StoredTransaction, TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.trie.ordered import ordered_root
from quarkparsec.types import Wei


class BodyAudit:
    """One block of one shard; `summary` is what the root block says of it."""

    def __init__(self, blocks: BlockStore, summary: ShardSummary, note: Note) -> None:
        self._blocks: Final = blocks
        self._summary: Final = summary
        self._header: Final = summary.shard_header()
        self._note: Final = note

    def check(self, fees: Wei) -> None:
        """Note whatever differs; `fees` is what the coinbase must have been credited here."""
        epoch = self._header.number
        block = self._blocks.block(epoch)
        if block is None:
            self._note("the shard doesn't have its block")
            return
        if block.hash != self._summary.block_hash:
            self._note("the shard's header isn't the one in the root block")
        if block.fees != fees:
            self._note(f"the coinbase was credited {block.fees}, but {fees} was due")
        if self._header.extra_data != block.legs.commitment(block.sweep):
            self._note("the body has other legs than the block, or has swept to elsewhere")
        if self._summary.sweep != block.sweep:
            self._note("the block has swept to elsewhere than the root block says")
        transactions = tuple(self._blocks.transactions(epoch))
        self._check_commitments(transactions)
        self._check_gas(transactions)
        for position, transaction in enumerate(transactions):
            self._check_transaction(transaction, TransactionPlace(epoch, position))

    def _check_commitments(self, transactions: tuple[StoredTransaction, ...]) -> None:
        receipts = [each.receipt for each in transactions]
        logs = sum(len(receipt.logs) for receipt in receipts)
        header, summary = self._header, self._summary
        blooms = [receipt.bloom for receipt in receipts if receipt.logs]
        raws = [each.entry.raw for each in transactions]
        for name, have, want in (
            ("transactions root", ordered_root(raws), header.transactions_root),
            (
                "receipts root",
                ordered_root([each.encode() for each in receipts]),
                header.receipts_root,
            ),
            ("bloom", union(blooms) if blooms else EMPTY_BLOOM, header.logs_bloom),
            ("number of transactions", len(transactions), summary.transaction_count),
            ("number of logs", logs, summary.log_count),
        ):
            if have != want:
                self._note(f"the body has another {name} than the block")

    def _check_gas(self, transactions: tuple[StoredTransaction, ...]) -> None:
        gas_used = tips = logs = 0
        for position, (_, receipt, logs_before) in enumerate(transactions):
            gas_used += receipt.gas_used
            tips += receipt.gas_used * (receipt.effective_gas_price - self._header.base_fee)
            if receipt.cumulative_gas_used != gas_used or logs_before != logs:
                self._note(f"transaction {position} doesn't go on where the one before ended")
            logs += len(receipt.logs)
        if gas_used != self._header.gas_used:
            self._note(f"the receipts used {gas_used} gas, the block {self._header.gas_used}")
        if tips != self._summary.tips:
            self._note(f"the receipts pay {tips} in tips, the summary says {self._summary.tips}")
        if self._summary.burned < gas_used * self._header.base_fee:
            self._note("less was burned than the base fees")

    def _check_transaction(self, stored: StoredTransaction, place: TransactionPlace) -> None:
        try:
            transaction = decode_transaction(stored.entry.raw)
        except Rejected as refusal:
            self._note(f"transaction {place.position} can't be one: {refusal}")
            return
        if transaction.sender != stored.entry.sender:
            self._note(f"transaction {place.position} was signed by somebody else")
        if self._blocks.place(transaction.hash) != place:
            self._note(f"the index doesn't lead to transaction {place.position}")
