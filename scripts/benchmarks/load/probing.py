"""Latency: single transactions, from the moment of sending to a receipt in hand.

A probe polls for its receipt every few milliseconds, so what it measures is what a wallet's user waits
for, plus at most one poll.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.load.endpoint import Endpoint
from benchmarks.signing import Signed
from quarkparsec.codec.quantities import data
from quarkparsec.errors import Unavailable

PROBE_TIMEOUT_S = 30.0


async def probe(
    endpoint: Endpoint,
    transactions: Iterable[Signed],
    poll_s: float,
    go_on: Callable[[], bool] = lambda: True,
) -> list[float]:
    """Send transactions, each once the one before has its receipt; the milliseconds each took."""
    elapsed_ms: list[float] = []
    for transaction in transactions:
        if not go_on():
            break
        start = time.perf_counter()
        await endpoint.call("eth_sendRawTransaction", data(transaction.raw))
        await wait_for_receipt(endpoint, transaction.hash, poll_s, PROBE_TIMEOUT_S)
        elapsed_ms.append((time.perf_counter() - start) * 1_000)
    return elapsed_ms


async def wait_for_receipt(
    endpoint: Endpoint, transaction_hash: bytes, poll_s: float, timeout_s: float
) -> dict[str, Any]:
    """The receipt, once the transaction has one. Raises Unavailable after `timeout_s`."""
    deadline = time.perf_counter() + timeout_s
    while True:
        receipt = await endpoint.call("eth_getTransactionReceipt", data(transaction_hash))
        if isinstance(receipt, dict):
            return receipt
        if time.perf_counter() > deadline:
            raise Unavailable(f"no receipt for {data(transaction_hash)} in {timeout_s:g} s")
        await asyncio.sleep(poll_s)
