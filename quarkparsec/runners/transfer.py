"""The fast path: money to an account that runs nothing.

It is the same as running the transaction in the EVM, of which it needs nothing: after the checks a
payment can't fail, so there is no frame, no checkpoint and no gas to count beyond the intrinsic gas.
"""

from __future__ import annotations

from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.outcome import SUCCESS, Done
from quarkparsec.runners.validity import Terms
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, ShardKey, Wei


def is_transfer(journal: Journal, transaction: Transaction, block: BlockContext) -> bool:
    """Whether the transaction only moves money: nothing that runs is at `to`."""
    recipient = transaction.to
    return (
        recipient is not None
        and not transaction.authorizations
        and not journal.entry(recipient).has_code
        and recipient not in PRECOMPILES[block.fork]
    )


def transfer(journal: Journal, transaction: Transaction, to_key: ShardKey, terms: Terms) -> Done:
    """Carry out a checked transfer. `to_key` is the frame key (it matters for a new account)."""
    sender, recipient, value = transaction.sender, transaction.to, transaction.value
    assert recipient is not None  # noqa: S101
    gas_used = max(terms.intrinsic_gas, terms.floor_gas)
    journal.begin_transaction(to_key)
    journal.set_nonce(sender, transaction.nonce + 1)
    journal.add_balance(sender, -(gas_used * terms.gas_price) - value)
    journal.add_balance(recipient, value)
    journal.end_transaction()
    return Done(SUCCESS, Gas(gas_used), Wei(gas_used * terms.tip), (), b"", None, None)
