"""Findings are kept up to a bound, and what can't be read is one."""

from __future__ import annotations

import pytest

from quarkparsec.audit.findings import Finding, Findings
from quarkparsec.errors import Corrupt, InvalidInput, Unavailable
from quarkparsec.limits import AUDIT_FINDINGS_MAX
from quarkparsec.types import Epoch, ShardId


@pytest.mark.parametrize("error", [Corrupt("unreadable"), InvalidInput("unreadable")])
def test_what_cannot_be_read_is_a_finding_and_ends_the_check(error: Exception) -> None:
    findings = Findings()
    with findings.at(Epoch(3), ShardId(1), "block") as note:
        note("first")
        raise error
    assert findings.noted == [
        Finding(Epoch(3), ShardId(1), "block", words) for words in ("first", "unreadable")
    ]


def test_any_other_error_is_nobody_s_finding() -> None:
    with pytest.raises(Unavailable), Findings().at(Epoch(3), None, "block"):
        raise Unavailable("later")


def test_beyond_the_bound_findings_are_counted() -> None:
    findings = Findings()
    with findings.at(Epoch(3), None, "block") as note:
        for number in range(AUDIT_FINDINGS_MAX + 5):
            note(str(number))
    assert len(findings.noted) == AUDIT_FINDINGS_MAX
    assert findings.count == AUDIT_FINDINGS_MAX + 5
