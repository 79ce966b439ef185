"""A cluster under a steady load whose shards are doubled, one time after the other.

The load comes from a process of its own, so that who looks at the clock does nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from operating.admin_port import opened
from rich.console import Console

from benchmarks.local_cluster import LocalCluster
from benchmarks.reshard.disk import bytes_of
from benchmarks.reshard.gaps import SETTLING_BLOCKS, SplitGaps, split_gaps
from benchmarks.reshard.watching import Watch
from cluster.identity import load_identity
from cluster.shard_folders import shard_folder
from quarkparsec.types import ShardId

LOADTEST: Final = Path(__file__).parent.parent.parent / "loadtest.py"
LOAD_TIMEOUT_S: Final = 120.0
"""From the load's start to its first hundred blocks."""
BUSY_BLOCKS: Final = 20
"""With load before anything is measured."""


class Size(NamedTuple):
    """How much of it."""

    transactions: int
    """As many as the load may need."""
    cross_shard: int
    """Percent of them."""
    backlog: int
    normal_s: float
    """Watched before each split."""
    settle_s: float
    """After each sweep, before the databases are looked at."""
    timeout_s: float
    """For one sweep."""


class Doubling(NamedTuple):
    """One split and what it left on the disk."""

    gaps: SplitGaps
    bytes_before: int
    bytes_swept: int
    bytes_settled: int

    def as_json(self) -> dict[str, Any]:
        sizes = self._asdict()
        gaps: SplitGaps = sizes.pop("gaps")
        return {**gaps.as_json(), **sizes}


async def measure(local: LocalCluster, times: int, size: Size, console: Console) -> list[Doubling]:
    """Double the shards so many times under load. Raises Rejected, Unavailable."""
    watch = Watch(load_identity(local.data_dir / "cluster.json"))
    task = asyncio.create_task(watch.run())
    try:
        async with _load(local.url, size):
            await watch.until(lambda: _busy_blocks(watch) > BUSY_BLOCKS, LOAD_TIMEOUT_S)
            return [await _double(local, watch, size, console) for _ in range(times)]
    finally:
        task.cancel()


async def _double(local: LocalCluster, watch: Watch, size: Size, console: Console) -> Doubling:
    first = len(watch.heard) - 1
    before = watch.heard[-1].shard_count
    console.print(f"{before} → {2 * before} shards", style="dim")
    await asyncio.sleep(size.normal_s)
    bytes_before = bytes_of(_databases(local.data_dir, watch))
    async with opened(local.data_dir) as port:
        await port.call("admin_reshard", 2 * before)
    split = len(watch.heard)
    await watch.until(lambda: len(watch.heard) > split + SETTLING_BLOCKS + 1, size.timeout_s)
    gaps = split_gaps(watch.heard, first)
    console.print(
        f"the split: {gaps.split_max_ms:,.0f} ms, {gaps.split_ratio:.1f} normal gaps", style="dim"
    )
    await watch.until(lambda: watch.heard[-1].is_swept, size.timeout_s)
    bytes_swept = bytes_of(_databases(local.data_dir, watch))
    await asyncio.sleep(size.settle_s)
    bytes_settled = bytes_of(_databases(local.data_dir, watch))
    return Doubling(split_gaps(watch.heard, first), bytes_before, bytes_swept, bytes_settled)


def _databases(data_dir: Path, watch: Watch) -> list[Path]:
    return [
        data_dir / holder / shard_folder(ShardId(number))
        for number, holder in enumerate(watch.holders)
    ]


def _busy_blocks(watch: Watch) -> int:
    return sum(block.transactions > 0 for block in watch.heard[-2 * BUSY_BLOCKS :])


@asynccontextmanager
async def _load(url: str, size: Size) -> AsyncIterator[Process]:
    """A load test that runs as long as the context."""
    options = {
        "--url": url,
        "--transactions": size.transactions,
        "--cross-shard": size.cross_shard,
        "--backlog": size.backlog,
        "--batch": 100,
        "--probes": 0,
        "--timeout-s": 3_600,
    }
    arguments = [str(each) for option in options.items() for each in option]
    process = await create_subprocess_exec(
        sys.executable, str(LOADTEST), *arguments, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
