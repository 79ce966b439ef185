"""Lane 1: run transactions one after the other on this shard's own state.

A candidate whose gas limit no longer fits is passed over for this block, and so is everything later from
its sender: nonces stay in order. One that the runner refuses is *invalid* at this place, with the reason;
the pool forgets it once the block is committed. One that concerns other shards is deferred to lanes 2 and
3, and so is everything later from its sender; unless a shard that it needs is absent: then it waits. One
whose contract lives under another key than was known when it was sent follows it there.

The lane ends with the candidates, with the block's gas, or when time is up. Replay hands in the same
transactions and gets the same result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.chain.fees import TRANSACTION_GAS
from quarkparsec.effects import OutOfTime
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done, Failed, NeedKeys
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft, Deferred
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.types import Recipient

LANE: Final = 1


def run_in_shard(
    draft: BlockDraft,
    candidates: Iterable[Candidate],
    neighbourhood: Neighbourhood,
    out_of_time: OutOfTime,
) -> None:
    """Execute `candidates` in their order; write what they did, or what becomes of them, into `draft`."""
    passed_over: set[Recipient] = set()
    for known in candidates:
        if draft.gas_left < TRANSACTION_GAS or out_of_time():
            break
        candidate = _rerouted(draft, known, neighbourhood)
        transaction = candidate.transaction
        if transaction.sender in passed_over:
            continue
        if transaction.gas_limit > draft.gas_left or not neighbourhood.can_serve(candidate):
            passed_over.add(transaction.sender)
        elif transaction.sender in draft.deferred:
            draft.defer(Deferred(candidate))
        elif not neighbourhood.is_local(candidate):
            draft.defer(Deferred(candidate, neighbourhood.homes_needed(candidate)))
        elif not _execute(draft, candidate, neighbourhood):
            passed_over.add(transaction.sender)


def _rerouted(draft: BlockDraft, candidate: Candidate, neighbourhood: Neighbourhood) -> Candidate:
    """The candidate as it should be: this shard may know better where the contract lives."""
    transaction, to_key, _ = candidate
    if neighbourhood.destination_of(candidate) != neighbourhood.shard_id:
        return candidate
    key = draft.true_key(transaction, to_key)
    if key == to_key:
        return candidate
    draft.reroute(transaction, key)
    return Candidate(transaction, key, runs_code=True)


def _execute(draft: BlockDraft, candidate: Candidate, neighbourhood: Neighbourhood) -> bool:
    """Whether the sender's next transaction may follow."""
    transaction, to_key, _ = candidate
    outcome = execute(draft.journal, transaction, to_key, draft.context, draft.gas_left)
    if isinstance(outcome, Done):
        if not neighbourhood.can_pay_out(outcome):
            draft.journal.rollback(0)
            return False
        draft.include(transaction, to_key, outcome)
    elif isinstance(outcome, NeedKeys):
        if not neighbourhood.can_reach(outcome.recipients):
            return False
        draft.defer(Deferred(candidate, outcome.recipients))
    elif isinstance(outcome, Failed):
        draft.refuse(transaction, outcome.reason)
        return False
    return True
