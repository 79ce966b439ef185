"""What gas costs before a transaction runs, and what a unit of gas costs in an epoch.

*Intrinsic gas* is paid for the transaction's own bytes (EIP-2028, EIP-2930, EIP-3860, EIP-7702). The
*floor* is the least that a transaction pays for its data, however little it executes (EIP-7623, Prague).
The *base fee* moves by at most an eighth per epoch, so that blocks are half full on average (EIP-1559).
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.fork import Fork
from quarkparsec.chain.header import Header
from quarkparsec.chain.transaction import Transaction
from quarkparsec.types import Gas, Wei

TRANSACTION_GAS: Final = 21_000
CREATION_GAS: Final = 32_000
INITCODE_WORD_GAS: Final = 2
ZERO_BYTE_GAS: Final = 4
NONZERO_BYTE_GAS: Final = 16
ACCESS_RECIPIENT_GAS: Final = 2_400
ACCESS_SLOT_GAS: Final = 1_900
AUTHORIZATION_GAS: Final = 25_000
FLOOR_TOKEN_GAS: Final = 10

_NONZERO_BYTE_TOKENS: Final = 4
_ELASTICITY: Final = 2
_BASE_FEE_CHANGE_DENOMINATOR: Final = 8


def intrinsic_gas(transaction: Transaction, fork: Fork) -> Gas:
    """Gas that is used before the first instruction."""
    data = transaction.data
    zeros = data.count(0)
    gas = TRANSACTION_GAS + ZERO_BYTE_GAS * zeros + NONZERO_BYTE_GAS * (len(data) - zeros)
    if transaction.to is None:
        gas += CREATION_GAS + INITCODE_WORD_GAS * (len(data) + 31 >> 5)
    for _, slots in transaction.access_list:
        gas += ACCESS_RECIPIENT_GAS + ACCESS_SLOT_GAS * len(slots)
    if fork == "prague":
        gas += AUTHORIZATION_GAS * len(transaction.authorizations)
    return Gas(gas)


def floor_gas(transaction: Transaction, fork: Fork) -> Gas:
    """The least gas that the transaction is charged for (EIP-7623); 0 before Prague."""
    if fork != "prague":
        return Gas(0)
    data = transaction.data
    tokens = data.count(0) + _NONZERO_BYTE_TOKENS * (len(data) - data.count(0))
    return Gas(TRANSACTION_GAS + FLOOR_TOKEN_GAS * tokens)


def effective_gas_price(transaction: Transaction, base_fee: Wei) -> Wei:
    """Wei per gas that the sender pays (EIP-1559); at most the fee cap, which covers the base fee."""
    return Wei(min(transaction.max_fee_per_gas, base_fee + transaction.max_priority_fee_per_gas))


def next_base_fee(parent_base_fee: Wei, gas_used: Gas, gas_limit: Gas) -> Wei:
    """The base fee of the epoch after one that used `gas_used` of `gas_limit` (EIP-1559)."""
    target = gas_limit // _ELASTICITY
    if gas_used == target:
        return parent_base_fee
    change = parent_base_fee * abs(gas_used - target) // target // _BASE_FEE_CHANGE_DENOMINATOR
    if gas_used > target:
        return Wei(parent_base_fee + max(change, 1))
    return Wei(parent_base_fee - change)


def base_fee_after(header: Header) -> Wei:
    """The base fee of the epoch after the root block with `header`."""
    return next_base_fee(header.base_fee, header.gas_used, header.gas_limit)
