"""Follows the chain block by block until it holds everything that was sent.

A block's transaction hashes are enough to cross off what it holds; receipts would cost the node more than
the load itself. Only when nothing waits any more, the receipt of the last one is asked for: a transaction
is acknowledged by its receipt.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.probing import wait_for_receipt
from benchmarks.load.progress import Tally
from quarkparsec.errors import Unavailable

BLOCKS_PER_BATCH = 50
POLL_S = 0.01
RECEIPT_TIMEOUT_S = 10.0


async def follow(endpoint: Endpoint, first_block: int, tally: Tally, blocks: list[int]) -> None:
    """Watch from `first_block` on until all is committed; collect the blocks that had any of it."""
    number, last = first_block, None
    while not tally.is_done:
        new = await _blocks_from(endpoint, number)
        for block in new:
            last = await _cross_off(block, tally, blocks) or last
        number += len(new)
        if not new:
            await asyncio.sleep(POLL_S)
    if last is not None:
        await wait_for_receipt(endpoint, bytes.fromhex(last[2:]), POLL_S, RECEIPT_TIMEOUT_S)
        tally.last_committed = time.perf_counter()


async def _blocks_from(endpoint: Endpoint, number: int) -> list[dict[str, Any]]:
    """Blocks `number` and up, as far as they can be had now."""
    try:
        head = int(await endpoint.call("eth_blockNumber"), 16)
        numbers = range(number, min(head + 1, number + BLOCKS_PER_BATCH))
        if not numbers:
            return []
        found = await endpoint.batch(
            [("eth_getBlockByNumber", [hex(each), False]) for each in numbers]
        )
    except (RpcError, Unavailable):
        return []  # a node that is away may come back; the load test's own time limit ends the wait
    return list(itertools.takewhile(lambda block: isinstance(block, dict), found))


async def _cross_off(block: dict[str, Any], tally: Tally, blocks: list[int]) -> str | None:
    """Cross off what a block holds; the last of its transactions if any was ours."""
    before = len(tally.committed)
    await tally.saw_block(block["transactions"], time.perf_counter())
    if len(tally.committed) == before:
        return None
    blocks.append(int(block["number"], 16))
    last: str = block["transactions"][-1]
    return last
