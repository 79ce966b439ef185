"""After the clock: did every transaction really happen, and exactly once?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.workload import Stream
from quarkparsec.codec.quantities import data


async def failed_transactions(
    endpoint: Endpoint, hashes: set[str], blocks: Sequence[int]
) -> set[str]:
    """Those of `hashes` that have no receipt of success; `blocks` are where to look."""
    unproven = set(hashes)
    try:
        for number in blocks:
            unproven -= _succeeded(await endpoint.call("eth_getBlockReceipts", hex(number)))
    except RpcError:
        pass  # a node without eth_getBlockReceipts, or with too small an answer: one by one below
    ordered = sorted(unproven)
    receipts = await endpoint.all(("eth_getTransactionReceipt", [each]) for each in ordered)
    return unproven - _succeeded(receipts)


async def wrong_nonces(endpoint: Endpoint, streams: Sequence[Stream], committed: set[str]) -> int:
    """How many senders' nonces differ from the number of their committed transactions."""
    counts = await endpoint.all(
        ("eth_getTransactionCount", [data(stream.sender), "latest"]) for stream in streams
    )
    expected = [
        sum(data(transaction.hash) in committed for transaction in stream.transactions)
        for stream in streams
    ]
    return sum(int(count, 16) != wanted for count, wanted in zip(counts, expected, strict=True))


def _succeeded(receipts: Iterable[dict[str, Any] | None]) -> set[str]:
    return {
        receipt["transactionHash"]
        for receipt in receipts
        if receipt is not None and receipt["status"] == "0x1"
    }
