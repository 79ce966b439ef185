"""Lane 1: run transactions one after the other on this shard's own state.

A candidate whose gas limit no longer fits is passed over for this block, and so is everything later from
its sender: nonces stay in order. One that the runner refuses is *invalid* at this place, with the reason;
the pool forgets it once the block is committed. The lane ends with the candidates, with the block's gas,
or when time is up. Replay hands in the same transactions and gets the same result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from quarkparsec.chain.block import Entry
from quarkparsec.chain.bloom import EMPTY_BLOOM, bloom
from quarkparsec.chain.fees import TRANSACTION_GAS, effective_gas_price
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction
from quarkparsec.effects import OutOfTime
from quarkparsec.errors import Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, Hash32, Recipient, ShardKey, Wei

LANE: Final = 1


class Invalid(NamedTuple):
    """A candidate that no block can hold now, and why."""

    transaction_hash: Hash32
    reason: str


class InShardResult(NamedTuple):
    """What lane 1 did."""

    entries: tuple[Entry, ...]
    receipts: tuple[Receipt, ...]
    """One for each entry."""
    gas_used: Gas
    tips: Wei
    invalid: tuple[Invalid, ...]


def run_in_shard(
    journal: Journal,
    candidates: Iterable[tuple[Transaction, ShardKey]],
    block: BlockContext,
    out_of_time: OutOfTime,
) -> InShardResult:
    """Execute `candidates` in their order on `journal`."""
    entries: list[Entry] = []
    receipts: list[Receipt] = []
    invalid: list[Invalid] = []
    passed_over: set[Recipient] = set()
    gas_used = tips = 0
    for transaction, to_key in candidates:
        gas_left = block.gas_limit - gas_used
        if gas_left < TRANSACTION_GAS or out_of_time():
            break
        if transaction.sender in passed_over:
            continue
        if transaction.gas_limit > gas_left:
            passed_over.add(transaction.sender)
            continue
        try:
            done = execute(journal, transaction, to_key, block, gas_left)
        except Rejected as refusal:
            passed_over.add(transaction.sender)
            invalid.append(Invalid(transaction.hash, str(refusal)))
            continue
        gas_used += done.gas_used
        tips += done.tip
        entries.append(Entry(transaction.raw, transaction.sender, to_key))
        receipts.append(_receipt(transaction, done, gas_used, block.base_fee))
    return InShardResult(tuple(entries), tuple(receipts), Gas(gas_used), Wei(tips), tuple(invalid))


def _receipt(transaction: Transaction, done: Done, gas_used: int, base_fee: Wei) -> Receipt:
    return Receipt(
        type=transaction.type,
        status=done.status,
        cumulative_gas_used=Gas(gas_used),
        bloom=bloom(done.logs) if done.logs else EMPTY_BLOOM,
        logs=done.logs,
        gas_used=done.gas_used,
        effective_gas_price=effective_gas_price(transaction, base_fee),
        contract=done.contract,
    )
