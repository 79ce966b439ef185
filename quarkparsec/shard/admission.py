"""What the pool asks of a transaction before it looks at its queue, in geth's words.

These are the rules of geth's `ValidateTransaction` that a decoded transaction can still break. A rule
that needs more of the state than nonce and balance is left to the runner, which drops the transaction
from the pool when it meets it.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.chain_ids import split_chain_id
from quarkparsec.chain.fees import floor_gas, intrinsic_gas
from quarkparsec.chain.fork import Fork
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.transaction import SET_CODE, Transaction
from quarkparsec.errors import Rejected
from quarkparsec.limits import REPLACEMENT_BUMP_PERCENT
from quarkparsec.state.account import Account
from quarkparsec.types import Gas, Recipient


class Rules(NamedTuple):
    """What a chain's genesis says about its transactions."""

    chain_id: int
    """The cluster's; those of its shard keys are as good."""
    fork: Fork
    gas_limit: Gas
    """Of one shard block."""
    coinbase: Recipient
    """Who gets the fees."""


def rules_of(genesis: Genesis) -> Rules:
    """The rules of the chain that begins with `genesis`."""
    return Rules(genesis.chain_id, genesis.fork, genesis.gas_limit, genesis.coinbase)


def check_admissible(transaction: Transaction, rules: Rules) -> None:
    """Raise Rejected if no block of this chain can hold `transaction`, whatever the state."""
    cluster, _ = split_chain_id(transaction.chain_id)
    if cluster != rules.chain_id:
        raise Rejected(
            f"invalid chain id for signer: have {transaction.chain_id} want {rules.chain_id}"
        )
    if transaction.type == SET_CODE and rules.fork == "cancun":
        raise Rejected("transaction type not supported: set code before prague")
    if transaction.gas_limit > rules.gas_limit:
        raise Rejected("exceeds block gas limit")
    needed = intrinsic_gas(transaction, rules.fork)
    if transaction.gas_limit < needed:
        raise Rejected(
            f"intrinsic gas too low: gas {transaction.gas_limit}, minimum needed {needed}"
        )
    floor = floor_gas(transaction, rules.fork)
    if transaction.gas_limit < floor:
        raise Rejected(
            "insufficient gas for floor data gas cost: "
            f"gas {transaction.gas_limit}, minimum needed {floor}"
        )


def check_key(transaction: Transaction, account: Account | None, cost: int) -> None:
    """Raise Rejected if the account isn't the one that an explicit shard key names."""
    key = transaction.from_key
    if key is not None and account is not None and account.shard_key != key:
        raise Rejected(
            f"insufficient funds for gas * price + value: balance 0 under key {key:#010x}, "
            f"tx cost {cost}; the account in this shard has key {account.shard_key:#010x}"
        )


def check_nonce(transaction: Transaction, account_nonce: int) -> None:
    """Raise Rejected if the account has used this nonce."""
    if transaction.nonce < account_nonce:
        raise Rejected(f"nonce too low: next nonce {account_nonce}, tx nonce {transaction.nonce}")


def check_funds(cost: int, pending_cost: int, balance: int) -> None:
    """Raise Rejected unless `balance` covers a transaction's `cost` after what is pending before it."""
    overshot = cost + pending_cost - balance
    if overshot > 0:
        queued = f"queued cost {pending_cost}, " if pending_cost else ""
        raise Rejected(
            f"insufficient funds for gas * price + value: balance {balance}, "
            f"{queued}tx cost {cost}, overshot {overshot}"
        )


def check_replacement(held: Transaction, transaction: Transaction) -> None:
    """Raise Rejected unless both fee cap and tip are raised enough to take the place of `held`."""
    factor = 100 + REPLACEMENT_BUMP_PERCENT
    raised = (
        transaction.max_fee_per_gas * 100 >= held.max_fee_per_gas * factor
        and transaction.max_priority_fee_per_gas * 100 >= held.max_priority_fee_per_gas * factor
        and transaction.max_fee_per_gas > held.max_fee_per_gas
    )
    if not raised:
        raise Rejected("replacement transaction underpriced")
