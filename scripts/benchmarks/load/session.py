"""One load test, from the first question to the node to the report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiohttp
from rich.progress import Progress

from benchmarks.load import checking
from benchmarks.load.endpoint import Endpoint, RpcError
from benchmarks.load.following import follow
from benchmarks.load.options import Options
from benchmarks.load.preparation import Chain, Load, ask_chain, prepare
from benchmarks.load.probing import probe
from benchmarks.load.progress import Tally, error_kind
from benchmarks.load.report import LoadReport, measure_latency
from benchmarks.load.sending import send_streams
from benchmarks.load.workload import Stream
from benchmarks.signing import Wallet
from quarkparsec.errors import Unavailable

REQUEST_TIMEOUT_S: Final = 30.0
DISPLAY_S: Final = 0.1


class Measured(NamedTuple):
    """What the clock saw."""

    tally: Tally
    started: float
    blocks: list[int]
    idle_ms: list[float]
    loaded_ms: list[float]


async def run_load_test(
    options: Options, funded: Sequence[Wallet], progress: Progress
) -> LoadReport:
    """Run one load test. Raises Rejected, RpcError, Unavailable if it can't be begun."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        endpoint = Endpoint(session, options.url)
        found = await ask_chain(endpoint, funded)
        load = await prepare(endpoint, options, found, progress)
        measured = await _measure(endpoint, options, load, progress)
        return await _report(endpoint, options, found, load, measured)


async def _measure(
    endpoint: Endpoint, options: Options, load: Load, progress: Progress
) -> Measured:
    """First the probes alone, then the load with probes in it."""
    task = progress.add_task("latency, idle", total=None)
    idle_ms = await probe(endpoint, load.idle_probes, options.poll_s)
    progress.remove_task(task)
    total = sum(len(stream.transactions) for stream in load.streams)
    tally = Tally(total, options.backlog)
    blocks: list[int] = []
    loaded_ms: list[float] = []
    first_block = int(await endpoint.call("eth_blockNumber"), 16) + 1
    started = time.perf_counter()
    try:
        async with asyncio.timeout(options.timeout_s), asyncio.TaskGroup() as tasks:
            tasks.create_task(
                send_streams(endpoint, load.streams, options.in_flight, options.batch, tally)
            )
            tasks.create_task(follow(endpoint, first_block, tally, blocks))
            for stream in load.loaded_probes:
                tasks.create_task(
                    _probe_under_load(endpoint, stream, options.poll_s, tally, loaded_ms)
                )
            tasks.create_task(_display(tally, progress))
    except TimeoutError:
        tally.errors[f"not finished after {options.timeout_s:g} s"] += 1
    return Measured(tally, started, blocks, idle_ms, loaded_ms)


async def _probe_under_load(
    endpoint: Endpoint,
    stream: Stream,
    poll_s: float,
    tally: Tally,
    elapsed_ms: list[float],
) -> None:
    try:
        elapsed_ms += await probe(endpoint, stream.transactions, poll_s, lambda: not tally.is_done)
    except (RpcError, Unavailable) as error:
        tally.errors[f"probe: {error_kind(str(error))}"] += 1


async def _display(tally: Tally, progress: Progress) -> None:
    accepted = progress.add_task("accepted", total=tally.total)
    committed = progress.add_task("committed", total=tally.total)
    while True:
        progress.update(accepted, completed=tally.accepted)
        progress.update(committed, completed=len(tally.committed))
        if tally.is_done:
            return
        await asyncio.sleep(DISPLAY_S)


async def _report(
    endpoint: Endpoint, options: Options, found: Chain, load: Load, measured: Measured
) -> LoadReport:
    """Check what happened, and sum it up."""
    tally, started = measured.tally, measured.started
    failed = await checking.failed_transactions(endpoint, tally.committed, measured.blocks)
    wrong_nonces = await checking.wrong_nonces(endpoint, load.streams, tally.committed)
    return LoadReport(
        url=options.url,
        client=found.client,
        chain_id=found.chain_id,
        kind=options.workload.name,
        batch=options.batch,
        in_flight=options.in_flight,
        senders=len(load.streams),
        shards=load.shards,
        shards_without_funds=[s for s in range(found.shard_count) if s not in found.funders],
        transactions=tally.total,
        accepted=tally.accepted,
        committed=len(tally.committed),
        failed=len(failed),
        skipped=tally.skipped,
        wrong_nonces=wrong_nonces,
        errors=dict(tally.errors),
        blocks=len(measured.blocks),
        send_s=_seconds(started, tally.last_sent),
        commit_s=_seconds(started, tally.last_committed),
        idle=measure_latency(measured.idle_ms),
        loaded=measure_latency(measured.loaded_ms),
        waits=measure_latency(tally.waits_ms),
    )


def _seconds(start: float, end: float) -> float:
    """From start to end; 0 if the end never came."""
    return round(max(0.0, end - start), 4)
