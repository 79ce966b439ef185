"""The fast path: money to an account that runs nothing.

It is the same as running the transaction in the EVM, of which it needs nothing: after the checks a
payment can't fail, so there is no frame, no checkpoint and no gas to count beyond the intrinsic gas.
Money for somebody who is at home in another shard takes the long way: it has to be paid out there, and
what the shard can't pay out it must be able to take back.
"""

from __future__ import annotations

from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.outcome import SUCCESS, Done
from quarkparsec.runners.validity import Terms
from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient, ShardKey, Wei


def is_transfer(
    journal: Journal, transaction: Transaction, recipient: Recipient, block: BlockContext
) -> bool:
    """Whether nothing runs at `recipient` (no code, no precompiled contract, no delegation to set) and the
    money stays there."""
    return (
        not journal.has_code(recipient)
        and recipient not in PRECOMPILES[block.fork]
        and not transaction.authorizations
        and (journal.is_home_of(recipient) or transaction.from_key is not None)
    )


def transfer(
    journal: Journal, transaction: Transaction, recipient: Recipient, key: ShardKey, terms: Terms
) -> Done:
    """Carry out a checked transfer to `recipient`; `key` is what a new account there may get."""
    done, cost = _settle(transaction, terms)
    journal.pay(key, transaction.sender, cost, recipient, transaction.value)
    return done


def debit(journal: Journal, transaction: Transaction, terms: Terms) -> Done:
    """The sender's half of a checked transfer to another shard, within the journal's open transaction."""
    done, cost = _settle(transaction, terms)
    journal.set_nonce(transaction.sender, transaction.nonce + 1)
    journal.add_balance(transaction.sender, -cost)
    return done


def _settle(transaction: Transaction, terms: Terms) -> tuple[Done, int]:
    """What comes of a transfer, and what it takes from its sender."""
    gas_used = max(terms.intrinsic_gas, terms.floor_gas)
    done = Done(SUCCESS, gas_used, Wei(gas_used * terms.tip), (), b"", None, None)
    return done, gas_used * terms.gas_price + transaction.value
