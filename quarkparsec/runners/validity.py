"""Whether a transaction may be in the block, decided before it changes anything.

`decode_transaction` has checked every rule that needs no state (signature, widths, the highest nonce,
fee cap ≥ tip, init code size). Here are the others, in geth's order and words: nonce, sender, fee cap,
funds, room in the block, intrinsic gas and the floor of EIP-7623. A transaction that passes can't fail
any more except inside its frames, and those are paid for.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.fees import effective_gas_price, floor_gas, intrinsic_gas
from quarkparsec.chain.transaction import SET_CODE, Transaction, UnsupportedType
from quarkparsec.errors import Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.state.account import delegate_of
from quarkparsec.state.journal import Entry, Journal
from quarkparsec.types import Gas, Wei


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
    return check_block(transaction, block, gas_left)


def check_sender(journal: Journal, transaction: Transaction, block: BlockContext) -> None:
    """Raise Rejected unless the sender's account allows it; asked where that account is."""
    sender = journal.entry(transaction.sender)
    if transaction.nonce != sender.nonce:
        raise _wrong_nonce(transaction, sender.nonce)
    if sender.has_code:
        _check_sender_code(journal, sender, block)
    if transaction.max_fee_per_gas < block.base_fee:
        raise _fee_cap_too_low(transaction, block)
    cost = transaction.gas_limit * transaction.max_fee_per_gas + transaction.value
    if sender.balance < cost:
        raise _insufficient_funds(transaction, sender.balance, cost)


def check_block(transaction: Transaction, block: BlockContext, gas_left: int) -> Terms:
    """The terms, if the block has room; asked where the transaction is executed. Raises Rejected."""
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


def _insufficient_funds(transaction: Transaction, balance: int, cost: int) -> Rejected:
    return InsufficientFunds(
        "insufficient funds for gas * price + value: "
        f"address 0x{transaction.sender.hex()} have {balance} want {cost}"
    )
