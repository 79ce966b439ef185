"""Sends the signed streams: so many requests in flight, each sender's nonces in order.

A lane keeps one request in flight and owns whole streams, whose transactions it takes in turn. When a
transaction is refused, the rest of its stream stays unsent: it would only wait for the missing nonce.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.progress import Tally
from benchmarks.load.workload import Stream
from benchmarks.signing import Signed
from quarkparsec.codec.quantities import data
from quarkparsec.errors import Unavailable


class Cursor:
    """How far one stream is."""

    def __init__(self, stream: Stream) -> None:
        self._remaining = deque(stream.transactions)

    def __len__(self) -> int:
        return len(self._remaining)

    def take(self) -> Signed:
        return self._remaining.popleft()

    def give_up(self) -> int:
        """Send no more of it; how many that leaves unsent."""
        count = len(self._remaining)
        self._remaining.clear()
        return count


async def send_streams(
    endpoint: Endpoint, streams: Sequence[Stream], in_flight: int, batch: int, tally: Tally
) -> None:
    """Send everything; `tally` learns how it went."""
    lanes = [streams[start::in_flight] for start in range(min(in_flight, len(streams)))]
    try:
        await asyncio.gather(*(_send_lane(endpoint, lane, batch, tally) for lane in lanes))
    finally:
        tally.sending_done = True


async def _send_lane(
    endpoint: Endpoint, streams: Sequence[Stream], batch: int, tally: Tally
) -> None:
    turn = deque(Cursor(stream) for stream in streams)
    while taken := take_in_turn(turn, batch):
        await tally.wait_for_room()
        begun = time.perf_counter()
        for _, transaction in taken:
            tally.sent(data(transaction.hash), begun)
        outcomes = await _send(endpoint, [transaction for _, transaction in taken])
        now = time.perf_counter()
        for (cursor, transaction), outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, Exception):
                tally.refused(data(transaction.hash), str(outcome))
                tally.skipped += cursor.give_up()
            else:
                tally.took(now)


def take_in_turn(turn: deque[Cursor], count: int) -> list[tuple[Cursor, Signed]]:
    """The next `count` transactions, one stream after the other; finished streams leave the turn."""
    taken: list[tuple[Cursor, Signed]] = []
    while turn and len(taken) < count:
        cursor = turn.popleft()
        if cursor:
            taken.append((cursor, cursor.take()))
            turn.append(cursor)
    return taken


async def _send(endpoint: Endpoint, transactions: Sequence[Signed]) -> Sequence[object]:
    """One outcome for each transaction: its hash, or what was wrong."""
    calls = [("eth_sendRawTransaction", [data(transaction.raw)]) for transaction in transactions]
    try:
        if len(calls) == 1:
            method, params = calls[0]
            return [await endpoint.call(method, *params)]
        return await endpoint.batch(calls)
    except (RpcError, Unavailable) as error:
        return [error] * len(calls)
