"""Fresh senders get money, and the load its contracts, from the funder of their shard.

This isn't measured: it goes in modest batches, and each shard's last receipt is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import TypeVar

from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.probing import wait_for_receipt
from benchmarks.load.workload import TRANSFER_GAS, Action, Contract, Terms, unsigned
from benchmarks.signing import CREATION, Signed, Wallet, created_address
from quarkparsec.codec.quantities import data
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient

SENDS_PER_BATCH = 50
RECEIPT_TIMEOUT_S = 60.0
POLL_S = 0.02

_Item = TypeVar("_Item")


def contract_gas(contract: Contract | None) -> int:
    """The gas that a contract may take until it is ready."""
    if contract is None:
        return 0
    return contract.gas_limit + sum(gas_limit for _, gas_limit in contract.calls)


async def set_up(
    endpoint: Endpoint, funder: Wallet, contract: Contract, terms: Terms
) -> Recipient:
    """Create a contract and make it ready; its address. Raises Rejected, RpcError, Unavailable."""
    nonce = await _next_nonce(endpoint, funder)
    address = created_address(funder.recipient, nonce)
    creation = Action(CREATION, contract.gas_limit, call=contract.creation_code)
    await _carry_out(endpoint, funder, nonce, [creation], terms)
    # Where a contract lives is known only once it is committed, so what calls it comes after.
    calls = [Action(address, gas_limit, call=call) for call, gas_limit in contract.calls]
    await _carry_out(endpoint, funder, nonce + 1, calls, terms)
    return address


async def fund(
    endpoint: Endpoint, funder: Wallet, amounts: Mapping[Recipient, int], terms: Terms
) -> None:
    """Give senders their wei. Raises Rejected, RpcError, Unavailable."""
    transfers = [Action(to, TRANSFER_GAS, amount) for to, amount in amounts.items() if amount]
    await _carry_out(endpoint, funder, await _next_nonce(endpoint, funder), transfers, terms)


async def _next_nonce(endpoint: Endpoint, funder: Wallet) -> int:
    answer = await endpoint.call("eth_getTransactionCount", data(funder.recipient), "pending")
    return int(answer, 16)


async def _carry_out(
    endpoint: Endpoint, funder: Wallet, nonce: int, actions: Sequence[Action], terms: Terms
) -> None:
    """Send a funder's transactions and wait for their receipts, which must say success."""
    signed = [
        funder.sign(unsigned(action, number, terms))
        for action, number in zip(actions, count(nonce), strict=False)
    ]
    for chunk in _slices(signed, SENDS_PER_BATCH):
        await _send(endpoint, chunk)
    receipts = await endpoint.all(
        ("eth_getTransactionReceipt", [data(transaction.hash)]) for transaction in signed
    )
    failed = sum(receipt is None or receipt["status"] != "0x1" for receipt in receipts)
    if failed:
        raise Rejected(f"{failed} of {len(signed)} funding transactions failed")


async def _send(endpoint: Endpoint, signed: Sequence[Signed]) -> None:
    calls = [("eth_sendRawTransaction", [data(transaction.raw)]) for transaction in signed]
    for outcome in await endpoint.batch(calls):
        if isinstance(outcome, RpcError):
            raise outcome
    await wait_for_receipt(endpoint, signed[-1].hash, POLL_S, RECEIPT_TIMEOUT_S)


def _slices(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
