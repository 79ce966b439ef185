"""Fresh senders get money, and tokens where the load is one of tokens, from the funder of their shard.

This isn't measured: it goes in modest batches, and each shard's last receipt is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from benchmarks import token
from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.probing import wait_for_receipt
from benchmarks.load.workload import TRANSFER_GAS, Terms
from benchmarks.signing import CREATION, Signed, Unsigned, Wallet, created_address
from quarkparsec.codec.quantities import data
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient

SENDS_PER_BATCH = 50
HOLDERS_PER_MINT = 50
TOKENS = 10**24
RECEIPT_TIMEOUT_S = 60.0
POLL_S = 0.02

_Item = TypeVar("_Item")


def funding_gas(holders: int, terms: Terms) -> int:
    """The gas that funding so many senders may take."""
    gas = holders * TRANSFER_GAS
    if terms.kind == "erc20":
        mints = -(-holders // HOLDERS_PER_MINT)
        gas += token.DEPLOY_GAS + mints * token.MINT_GAS + holders * token.MINT_GAS_PER_HOLDER
    return gas


def funding_transactions(
    funder: Wallet, nonce: int, amounts: Mapping[Recipient, int], terms: Terms
) -> tuple[list[Signed], Recipient | None]:
    """What a funder sends, from `nonce` on, and the token that this makes."""
    plans: list[tuple[bytes, int, bytes, int]] = []
    """to, value, data, gas limit"""
    address = None
    if terms.kind == "erc20":
        address = created_address(funder.recipient, nonce)
        plans.append((CREATION, 0, token.CREATION_CODE, token.DEPLOY_GAS))
        plans += [
            (address, 0, token.mint_call(holders, TOKENS), _mint_gas(len(holders)))
            for holders in _slices(list(amounts), HOLDERS_PER_MINT)
        ]
    plans += [(recipient, amount, b"", TRANSFER_GAS) for recipient, amount in amounts.items()]
    signed = [
        funder.sign(
            Unsigned(
                terms.chain_id, index, terms.fees.tip, terms.fees.cap, gas_limit, to, value, call
            )
        )
        for index, (to, value, call, gas_limit) in enumerate(plans, nonce)
    ]
    return signed, address


async def fund(
    endpoint: Endpoint, funder: Wallet, amounts: Mapping[Recipient, int], terms: Terms
) -> Recipient | None:
    """Fund senders; the address of their token. Raises Rejected, RpcError, Unavailable."""
    count = await endpoint.call("eth_getTransactionCount", data(funder.recipient), "pending")
    signed, address = funding_transactions(funder, int(count, 16), amounts, terms)
    for chunk in _stages(signed, address):
        calls = [("eth_sendRawTransaction", [data(transaction.raw)]) for transaction in chunk]
        for outcome in await endpoint.batch(calls):
            if isinstance(outcome, RpcError):
                raise outcome
        await wait_for_receipt(endpoint, chunk[-1].hash, POLL_S, RECEIPT_TIMEOUT_S)
    receipts = await endpoint.all(
        ("eth_getTransactionReceipt", [data(transaction.hash)]) for transaction in signed
    )
    failed = sum(receipt is None or receipt["status"] != "0x1" for receipt in receipts)
    if failed:
        raise Rejected(f"{failed} of {len(signed)} funding transactions failed")
    return address


def _stages(signed: Sequence[Signed], address: Recipient | None) -> list[Sequence[Signed]]:
    """What is sent together. Where a contract lives is known only once it is committed: it comes first."""
    first = 0 if address is None else 1
    return _slices(signed[:first], first or 1) + _slices(signed[first:], SENDS_PER_BATCH)


def _mint_gas(holders: int) -> int:
    return token.MINT_GAS + holders * token.MINT_GAS_PER_HOLDER


def _slices(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
