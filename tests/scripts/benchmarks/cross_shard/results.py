"""Reports as a load test makes them."""

from __future__ import annotations

from benchmarks.cross_shard.parts import Measured, Part
from benchmarks.load.report import Latency, LoadReport


def report(committed: int, commit_s: float, errors: dict[str, int] | None = None) -> LoadReport:
    """Of 1,000 transactions, of which so many were committed in that time."""
    return LoadReport(
        url="http://127.0.0.1",
        client="test",
        chain_id=1,
        kind="transfer",
        batch=1,
        in_flight=1,
        senders=1,
        shards=[],
        shards_without_funds=[],
        transactions=1_000,
        accepted=1_000,
        committed=committed,
        failed=0,
        skipped=0,
        wrong_nonces=0,
        errors=errors or {},
        blocks=1,
        send_s=1.0,
        commit_s=commit_s,
        idle=None,
        loaded=Latency(10, 50.0, 70.0, 80.0),
        waits=Latency(10, 150.0, 170.0, 1_234.0),
    )


def measured(part: Part, *reports: LoadReport) -> list[Measured]:
    """The first steps of a part with these reports."""
    return [Measured(step, each) for step, each in zip(part.steps, reports, strict=False)]
