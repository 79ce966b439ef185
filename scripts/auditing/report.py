"""What an audit found, for a terminal and for programs."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from quarkparsec.audit.auditor import Auditor
from quarkparsec.audit.findings import Finding
from quarkparsec.audit.money import Money


def render(auditor: Auditor) -> RenderableType:
    """What was checked, the money, and either the verdict or a table of what doesn't agree."""
    findings = auditor.findings
    parts: list[RenderableType] = [_summary(auditor)]
    if not findings.count:
        return Group(*parts, "[green]everything agrees[/green]")
    parts.append(_table(findings.noted))
    if findings.count > len(findings.noted):
        parts.append(f"and {findings.count - len(findings.noted):,} more")
    return Group(*parts, f"[red]{findings.count:,} findings[/red]")


def as_json(auditor: Auditor) -> dict[str, Any]:
    """Plain values; wei as decimal text, since they don't fit JSON's numbers."""
    money = auditor.money
    return {
        "checked": dict(auditor.checked),
        "money": None if money is None else {**_wei(money), "epoch": money.epoch},
        "count": auditor.findings.count,
        "findings": [finding._asdict() for finding in auditor.findings.noted],
    }


def _wei(money: Money) -> dict[str, str]:
    return {name: str(amount) for name, amount in money._asdict().items() if name != "epoch"}


def _summary(auditor: Auditor) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for what, count in auditor.checked.items():
        table.add_row(what, f"{count:,}")
    money = auditor.money
    if money is None:
        table.add_row("money", "[red]can't be summed[/red]")
        return table
    table.add_section()
    table.add_row(f"balances at epoch {money.epoch}, wei", f"{money.balances:,}")
    table.add_row("fees pending", f"{money.fees_pending:,}")
    table.add_row("burned since genesis", f"{money.genesis_supply - money.supply:,}")
    total = money.balances + money.fees_pending + money.genesis_supply - money.supply
    table.add_row("sum", f"{total:,}")
    table.add_row("genesis supply", f"{money.genesis_supply:,}")
    return table


def _table(findings: list[Finding]) -> Table:
    table = Table("epoch", "shard", "check")
    table.add_column("what differs", overflow="fold")
    for epoch, shard_id, check, words in findings:
        table.add_row(f"{epoch:,}", "" if shard_id is None else str(shard_id), check, words)
    return table
