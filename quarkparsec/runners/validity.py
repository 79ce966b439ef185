"""Whether a transaction may be in the block, decided before it changes anything.

`decode_transaction` has checked every rule that needs no state (signature, widths, the highest nonce,
fee cap ≥ tip, init code size). Here are the others, in geth's order and words: nonce, sender, fee cap,
funds, room in the block, intrinsic gas and the floor of EIP-7623. A transaction that passes can't fail
any more except inside its frames, and those are paid for.

A recipient has one entry in a shard, under one key. Who signs for an explicit key spends that key's money
or none: under any other key the entry counts as empty. Nor can an explicit transaction pay an address that
the shard has no room for, because the entry there has another key, or would get its home key. Contracts of
other keys are left to the contract rule.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.fees import effective_gas_price, floor_gas, intrinsic_gas
from quarkparsec.chain.fork import PRECOMPILES, Fork
from quarkparsec.chain.transaction import SET_CODE, Transaction, UnsupportedType
from quarkparsec.errors import Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.state.account import delegate_of
from quarkparsec.state.entry import Entry
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, ShardKey, Wei


class NonceTooLow(Rejected):
    """A transaction with this nonce was there already."""


class NonceTooHigh(Rejected):
    """Transactions with lower nonces must come first."""


class InsufficientFunds(Rejected):
    """The sender can't pay for gas limit × fee cap + value."""


class GasLimitReached(Rejected):
    """The block has no room for this transaction's gas limit; another block may."""


class Terms(NamedTuple):
    """What a valid transaction pays."""

    intrinsic_gas: Gas
    """Paid before the first instruction."""
    floor_gas: Gas
    """Paid at least (EIP-7623); 0 in Cancun."""
    gas_price: Wei
    """Per gas: base fee + tip."""
    tip: Wei
    """Per gas, of which nothing is burned."""


def check(journal: Journal, transaction: Transaction, block: BlockContext, gas_left: int) -> Terms:
    """The terms on which a transaction is valid. Raises Rejected, and changes nothing."""
    check_sender(journal, transaction, block)
    return check_block(journal, transaction, block, gas_left)


def check_sender(journal: Journal, transaction: Transaction, block: BlockContext) -> None:
    """Raise Rejected unless the sender's account allows it; asked where that account is."""
    sender = journal.entry(transaction.sender)
    if not journal.owns(transaction.origin_key):
        raise Rejected(
            f"the sender's account is in another shard: address 0x{sender.recipient.hex()}"
        )
    if transaction.nonce != sender.nonce:
        raise _wrong_nonce(transaction, sender.nonce)
    if sender.has_code:
        _check_sender_code(journal, sender, block)
    if transaction.max_fee_per_gas < block.base_fee:
        raise _fee_cap_too_low(transaction, block)
    cost = transaction.gas_limit * transaction.max_fee_per_gas + transaction.value
    meant = is_meant(sender, transaction.from_key)
    balance = sender.balance if meant else 0
    if not meant or balance < cost:  # not even for nothing: the nonce is another account's
        raise insufficient_funds(sender, balance, transaction.from_key, cost)


def insufficient_funds(
    sender: Entry, balance: int, from_key: ShardKey | None, cost: int
) -> InsufficientFunds:
    """Why a sender that has `balance` to spend can't pay `cost`."""
    words = (
        "insufficient funds for gas * price + value: "
        f"address 0x{sender.recipient.hex()} have {balance} want {cost}"
    )
    if not is_meant(sender, from_key):
        words += f" under key {from_key:#010x}"
        if sender.exists:
            words += f", the account here has key {sender.shard_key:#010x}"
    return InsufficientFunds(words)


def is_meant(sender: Entry, from_key: ShardKey | None) -> bool:
    """Whether the entry is the account that was signed for. The cluster's is looked for at home only."""
    return from_key is None or (sender.exists and sender.shard_key == from_key)


def check_target(journal: Journal, transaction: Transaction, fork: Fork) -> None:
    """Raise Rejected if an explicit transaction goes to an address that this shard has no room for."""
    to, to_key = transaction.to, transaction.to_key
    if to is None or to_key is None or not journal.owns(to_key):
        return
    if journal.has_code(to) or to in PRECOMPILES[fork]:
        return
    key = journal.key_of(to, to_key)
    if key != to_key:
        raise Rejected(
            f"no account under key {to_key:#010x}: 0x{to.hex()} has key {key:#010x} in this shard"
        )


def check_block(
    journal: Journal, transaction: Transaction, block: BlockContext, gas_left: int
) -> Terms:
    """The terms, if the block has room; asked where the transaction is executed. Raises Rejected."""
    check_target(journal, transaction, block.fork)
    if transaction.gas_limit > gas_left:
        raise GasLimitReached(f"gas limit reached: have {gas_left}, want {transaction.gas_limit}")
    if transaction.type == SET_CODE and block.fork == "cancun":
        raise UnsupportedType("transaction type not supported")
    intrinsic = intrinsic_gas(transaction, block.fork)
    if transaction.gas_limit < intrinsic:
        raise Rejected(f"intrinsic gas too low: have {transaction.gas_limit}, want {intrinsic}")
    floor = floor_gas(transaction, block.fork)
    if transaction.gas_limit < floor:
        raise Rejected(
            f"insufficient gas for floor data gas cost: have {transaction.gas_limit}, want {floor}"
        )
    price = effective_gas_price(transaction, block.base_fee)
    return Terms(intrinsic, floor, price, Wei(price - block.base_fee))


def _wrong_nonce(transaction: Transaction, expected: int) -> Rejected:
    detail = f"address 0x{transaction.sender.hex()}, tx: {transaction.nonce} state: {expected}"
    if transaction.nonce < expected:
        return NonceTooLow(f"nonce too low: {detail}")
    return NonceTooHigh(f"nonce too high: {detail}")


def _check_sender_code(journal: Journal, sender: Entry, block: BlockContext) -> None:
    """EIP-3607: contracts sign nothing; accounts that only delegate do (EIP-7702)."""
    delegates = delegate_of(journal.code(sender.recipient)) is not None
    if not (delegates and block.fork == "prague"):
        raise Rejected(
            f"sender not an eoa: address 0x{sender.recipient.hex()}, "
            f"codehash: 0x{sender.code_hash.hex()}"
        )


def _fee_cap_too_low(transaction: Transaction, block: BlockContext) -> Rejected:
    return Rejected(
        "max fee per gas less than block base fee: "
        f"address 0x{transaction.sender.hex()}, maxFeePerGas: {transaction.max_fee_per_gas}, "
        f"baseFee: {block.base_fee}"
    )
