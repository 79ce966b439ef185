"""Says how much of each suite ran: a green spread isn't the whole."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.conformance.archive import MISSING, is_there


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = Counter(
        report.nodeid.split("::")[0]
        for report in terminalreporter.stats.get("passed", [])
        if report.nodeid.startswith("tests/conformance/") and report.when == "call"
    )
    if not is_there():
        terminalreporter.write_line(f"conformance: {MISSING}")
    for path, count in sorted(passed.items()):
        terminalreporter.write_line(f"conformance: {count} passed in {path}")
