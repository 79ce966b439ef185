"""Run a block again from its body: the same lanes on the same state must give the same header.

This is how a sealed block comes back after a crash, and how anybody checks a shard. What other shards did
is in the legs. Whatever differs (a root, a bloom, one unit of gas) means that the disk lies or the node
isn't deterministic: Corrupt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quarkparsec.chain.block import Entry, ShardBlock
from quarkparsec.chain.legs import Call, Payment
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.errors import Corrupt, InvalidInput, InvariantBroken, Rejected
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done, Outcome
from quarkparsec.runners.transfer import debit
from quarkparsec.runners.validity import check
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.lane_sweep import sweep
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.ticket_legs import apply_claim, apply_payment, run_call
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import ShardKey


class _Signed(NamedTuple):
    transaction: Transaction
    to_key: ShardKey


def replay(state: ShardState, block: ShardBlock, opening: Opening) -> BuiltBlock:
    """Build `block` again on top of `state`. Raises Corrupt unless its header comes out."""
    draft = BlockDraft(state.journal(), opening.context)
    entries = iter([_decode(entry) for entry in block.entries])
    legs = block.legs
    sweep(draft, state)
    try:
        for _ in range(block.in_shard_count):
            _run_in_shard(draft, _next(entries))
        _run_tickets(draft, block, entries)
        _run_transfers(draft, block, entries)
        draft.credits = {each.source: each.credits for each in legs.credits}
        built = build_block(state, draft, block.fees, opening)
    except (Rejected, InvariantBroken) as error:
        raise Corrupt(f"replay of block {block.header.number} fails: {error}") from error
    if built.block != block:
        raise Corrupt(f"replay of block {block.header.number} gives another block")
    return built


def _run_in_shard(draft: BlockDraft, signed: _Signed) -> None:
    transaction, to_key = signed
    outcome = execute(draft.journal, transaction, to_key, draft.context, draft.gas_left)
    draft.include(transaction, to_key, _done(outcome))


def _run_tickets(draft: BlockDraft, block: ShardBlock, entries: Iterator[_Signed]) -> None:
    for leg in block.legs.tickets:
        if isinstance(leg, Call):
            transaction, to_key = _next(entries)
            outcome = run_call(draft, leg, transaction, to_key)
            draft.include(transaction, to_key, _done(outcome))
            draft.ticket_legs.append(leg)
        elif isinstance(leg, Payment):
            apply_payment(draft, leg)
        else:
            apply_claim(draft, leg)


def _run_transfers(draft: BlockDraft, block: ShardBlock, entries: Iterator[_Signed]) -> None:
    journal = draft.journal
    for transaction, to_key in entries:
        journal.begin_transaction(to_key)
        terms = check(journal, transaction, draft.context, draft.gas_left)
        draft.include(transaction, to_key, debit(journal, transaction, terms))
        draft.transfer_count += 1
    for payout in block.legs.payouts:
        journal.withdraw(payout.recipient, payout.amount)
    draft.payouts = block.legs.payouts


def _next(entries: Iterator[_Signed]) -> _Signed:
    signed = next(entries, None)
    if signed is None:
        raise Corrupt("a block has fewer transactions than its legs say")
    return signed


def _done(outcome: Outcome) -> Done:
    if not isinstance(outcome, Done):
        raise Corrupt(f"a block holds a transaction that it can't hold: {outcome}")
    return outcome


def _decode(entry: Entry) -> _Signed:
    try:
        return _Signed(decode_transaction(entry.raw, entry.sender), entry.to_key)
    except (InvalidInput, Rejected) as error:
        raise Corrupt(f"a block holds what is no transaction: {error}") from error
