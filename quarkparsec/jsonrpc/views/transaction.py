"""A transaction as clients see it: execution-apis' TransactionInfo.

The members depend on the type; a native one shows the shard keys that were signed. `gasPrice` of a mined
transaction is what was paid per gas; of one that waits, the most that it would pay. What isn't mined has
null for everything about its block.
"""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.fees import effective_gas_price
from quarkparsec.chain.signing import legacy_v
from quarkparsec.chain.transaction import ACCESS_LIST, LEGACY, NATIVE, SET_CODE, Transaction
from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.views.place import BlockMark
from quarkparsec.types import Recipient, ShardKey


def transaction_view(transaction: Transaction, block: BlockMark, index: int) -> dict[str, Any]:
    """A transaction at a place in the cluster's view."""
    view = _members(transaction, effective_gas_price(transaction, block.base_fee))
    view["blockHash"] = block.hash
    view["blockNumber"] = block.number
    view["blockTimestamp"] = block.timestamp
    view["transactionIndex"] = quantity(index)
    return view


def pending_transaction_view(transaction: Transaction) -> dict[str, Any]:
    """A transaction that waits in a pool."""
    view = _members(transaction, transaction.max_fee_per_gas)
    in_no_block = ("blockHash", "blockNumber", "blockTimestamp", "transactionIndex")
    return view | dict.fromkeys(in_no_block)


def optional_recipient(recipient: Recipient | None) -> str | None:
    """An address, or null."""
    return None if recipient is None else data(recipient)


def _members(transaction: Transaction, gas_price: int) -> dict[str, Any]:
    view: dict[str, Any] = {
        "type": quantity(transaction.type),
        "hash": data(transaction.hash),
        "from": data(transaction.sender),
        "to": optional_recipient(transaction.to),
        "nonce": quantity(transaction.nonce),
        "gas": quantity(transaction.gas_limit),
        "gasPrice": quantity(gas_price),
        "value": quantity(transaction.value),
        "input": data(transaction.data),
        "chainId": quantity(transaction.chain_id),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
    }
    if transaction.type == LEGACY:
        view["v"] = quantity(legacy_v(transaction.chain_id, transaction.parity))
        return view
    view["v"] = view["yParity"] = quantity(transaction.parity)
    view["accessList"] = [
        {"address": data(recipient), "storageKeys": [data(slot) for slot in slots]}
        for recipient, slots in transaction.access_list
    ]
    if transaction.type != ACCESS_LIST:
        view["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        view["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    if transaction.type == SET_CODE:
        view["authorizationList"] = list(map(_authorization_view, transaction.authorizations))
    if transaction.type == NATIVE:
        view["fromKey"] = _optional_key(transaction.from_key)
        view["toKey"] = _optional_key(transaction.to_key)
    return view


def _optional_key(key: ShardKey | None) -> str | None:
    return None if key is None else quantity(key)


def _authorization_view(authorization: Authorization) -> dict[str, str]:
    return {
        "chainId": quantity(authorization.chain_id),
        "address": data(authorization.recipient),
        "nonce": quantity(authorization.nonce),
        "yParity": quantity(authorization.parity),
        "r": quantity(authorization.r),
        "s": quantity(authorization.s),
    }
