"""One part on a fresh cluster, load after load."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import NamedTuple

from rich.console import Console

from benchmarks.cross_shard.parts import Measured, Part, Step
from benchmarks.load.command import SEED_BYTES, funded_wallets, run
from benchmarks.load.options import Options
from benchmarks.local_cluster import running_cluster
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC


class Size(NamedTuple):
    """How much of it."""

    shards: int
    slaves: int
    transactions: int
    """Of each load."""
    senders: int
    batch: int
    backlog: int
    """How many the generator keeps waiting for a block."""
    probes: int
    timeout_s: float
    """For each load."""


def measure(part: Part, size: Size, console: Console) -> Iterator[Measured]:
    """Each step's result as soon as it is there. Raises Rejected, RpcError, Unavailable."""
    flags = ["--shards", str(size.shards), "--slaves", str(size.slaves)]
    with console.status(f"{part.name}: a cluster of its own"), running_cluster(flags) as local:
        for step in part.steps:
            console.print(f"{part.name}: {step.label}", style="dim")
            options = _options(local.url, step, size)
            yield Measured(step, run(options, funded_wallets(TEST_MNEMONIC, ()), console))


def _options(url: str, step: Step, size: Size) -> Options:
    return Options(
        url=url,
        transactions=size.transactions,
        senders=size.senders,
        in_flight=32,
        batch=size.batch,
        workload=step.workload,
        probes=size.probes,
        poll_s=0.003,
        backlog=size.backlog,
        timeout_s=size.timeout_s,
        seed=secrets.token_bytes(SEED_BYTES),
    )
