"""What a load test found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table

from quarkparsec.types import ShardId


class Latency(NamedTuple):
    """Time from sending a transaction to its receipt, in milliseconds."""

    samples: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True)
class LoadReport:
    """One load test."""

    url: str
    client: str
    chain_id: int
    kind: str
    batch: int
    in_flight: int
    senders: int
    shards: list[ShardId]
    """Those that took load."""
    shards_without_funds: list[int]
    transactions: int
    accepted: int
    committed: int
    failed: int
    """Committed without success."""
    skipped: int
    wrong_nonces: int
    errors: dict[str, int]
    blocks: int
    send_s: float
    """From the first sent to the last accepted."""
    commit_s: float
    """From the first sent to the last receipt."""
    idle: Latency | None
    """Single transactions while nothing else was going on."""
    loaded: Latency | None
    """Single transactions under the load."""
    waits: Latency | None
    """The load itself, from sending to a block; the generator keeps a backlog, so this isn't latency."""

    @property
    def accepted_per_s(self) -> float:
        return self.accepted / self.send_s if self.send_s else 0.0

    @property
    def committed_per_s(self) -> float:
        """End to end, successes only."""
        return (self.committed - self.failed) / self.commit_s if self.commit_s else 0.0

    @property
    def is_flawless(self) -> bool:
        """Everything that was to be sent was committed and succeeded, and the nonces agree."""
        complete = self.committed == self.transactions
        return complete and not (self.failed or self.wrong_nonces or self.errors)

    def as_json(self) -> dict[str, Any]:
        """Plain values, the rates included."""
        return {
            **asdict(self),
            "idle": self.idle._asdict() if self.idle else None,
            "loaded": self.loaded._asdict() if self.loaded else None,
            "waits": self.waits._asdict() if self.waits else None,
            "accepted_per_s": round(self.accepted_per_s, 1),
            "committed_per_s": round(self.committed_per_s, 1),
            "flawless": self.is_flawless,
        }


def measure_latency(elapsed_ms: Sequence[float]) -> Latency | None:
    """Median, 99th percentile by nearest rank, and maximum; None of nothing."""
    if not elapsed_ms:
        return None
    ordered = sorted(elapsed_ms)
    p50, p99 = (ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 99))
    return Latency(len(ordered), round(p50, 2), round(p99, 2), round(ordered[-1], 2))


def render(report: LoadReport) -> RenderableType:
    """The report for a terminal."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    how = "one by one" if report.batch == 1 else f"in batches of {report.batch}"
    shards = ", ".join(map(str, report.shards))
    table.add_row("node", f"{report.client} at {report.url}, chain id {report.chain_id}")
    table.add_row(
        "load", f"{report.transactions:,} × {report.kind} {how}, {report.senders} senders"
    )
    table.add_row("shards", shards)
    table.add_row("accepted", f"{report.accepted:,} in {report.send_s:.2f} s")
    table.add_row("accepted/s", f"{report.accepted_per_s:,.0f}")
    table.add_row(
        "committed", f"{report.committed:,} in {report.commit_s:.2f} s, {report.blocks} blocks"
    )
    table.add_row("[bold]committed/s", f"[bold]{report.committed_per_s:,.0f}")
    table.add_row("to receipt, idle", _latency(report.idle))
    table.add_row("to receipt, under load", _latency(report.loaded))
    if report.waits:
        table.add_row("longest wait for a block", f"{report.waits.max_ms:,.0f} ms")
    table.add_row("verdict", _verdict(report))
    return Group(table, *_remarks(report))


def _latency(latency: Latency | None) -> str:
    """In words."""
    if latency is None:
        return "not measured"
    return f"p50 {latency.p50_ms:,.1f} ms, p99 {latency.p99_ms:,.1f} ms, {latency.samples} samples"


def _verdict(report: LoadReport) -> str:
    if report.is_flawless:
        return "[green]every receipt says success, every nonce is right[/green]"
    lost = report.accepted - report.committed
    return (
        f"[red]{lost} accepted but not committed, {report.failed} failed, "
        f"{report.wrong_nonces} wrong nonces, {report.skipped} not sent[/red]"
    )


def _remarks(report: LoadReport) -> list[str]:
    remarks = [f"[red]{count} × {words}[/red]" for words, count in report.errors.items()]
    if report.shards_without_funds:
        shards = ", ".join(map(str, report.shards_without_funds))
        remarks.append(
            f"[yellow]no funded account lives on shard {shards}: no load there[/yellow]"
        )
    return remarks
