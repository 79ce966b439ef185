"""What a load consists of."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.load.workload import Workload


@dataclass(frozen=True)
class Options:
    """One load test, as it was asked for."""

    url: str
    transactions: int
    senders: int
    in_flight: int
    """Requests under way at any time."""
    batch: int
    """Transactions in one request."""
    workload: Workload
    probes: int
    """Single transactions that measure the latency, without and under load each."""
    poll_s: float
    """Between two looks for a probe's receipt."""
    backlog: int
    """Transactions that may wait for a block before sending pauses."""
    timeout_s: float
    """For the measured part."""
    seed: bytes
    """Of all keys and choices."""
