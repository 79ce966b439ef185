"""What the legs of lane 2 do to a shard's state: the same when they happen and when they are replayed."""

from __future__ import annotations

from quarkparsec.chain.legs import Call, Claim, Payment
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.evm.executor import execute_ticketed
from quarkparsec.runners.outcome import Outcome
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.types import ShardKey


def run_call(draft: BlockDraft, call: Call, transaction: Transaction, to_key: ShardKey) -> Outcome:
    """Execute a transaction here, so that `rollback(0)` on the journal takes it back."""
    endowments = {each.recipient: each for each in call.endowments}
    return execute_ticketed(
        draft.journal,
        transaction,
        to_key,
        draft.context,
        draft.gas_left,
        endowments,
        call.money,
    )


def apply_payment(draft: BlockDraft, payment: Payment) -> None:
    """A sender of this shard pays for what was executed elsewhere; its nonce is used."""
    journal = draft.journal
    journal.begin_transaction(journal.entry(payment.sender).shard_key)
    journal.set_nonce(payment.sender, journal.entry(payment.sender).nonce + 1)
    journal.add_balance(payment.sender, payment.money_back - payment.money)
    journal.end_transaction()
    draft.ticket_legs.append(payment)


def apply_claim(draft: BlockDraft, claim: Claim) -> None:
    """A contract whose home is here was created elsewhere: what waited here has gone there."""
    journal = draft.journal
    journal.begin_transaction(claim.shard_key)
    if claim.stays:
        journal.leave_stub(claim.recipient, claim.shard_key)
    elif journal.entry(claim.recipient).balance:
        journal.set_balance(claim.recipient, 0)
    journal.end_transaction()
    draft.ticket_legs.append(claim)
