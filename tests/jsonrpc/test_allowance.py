"""What one client may still ask for."""

from __future__ import annotations

from quarkparsec.jsonrpc.allowance import Allowance
from quarkparsec.limits import RPC_BUDGET_MAX, RPC_BUDGET_PER_SECOND


def test_a_quiet_client_may_spend_the_whole_bucket_and_not_a_unit_more() -> None:
    allowance = Allowance(now_ms=5_000)
    assert allowance.spend(RPC_BUDGET_MAX, 5_000)
    assert not allowance.spend(1, 5_000)


def test_the_bucket_fills_with_time() -> None:
    allowance = Allowance(now_ms=0)
    allowance.spend(RPC_BUDGET_MAX, 0)
    assert allowance.spend(RPC_BUDGET_PER_SECOND, 1_000)
    assert not allowance.spend(1, 1_000)


def test_the_bucket_never_holds_more_than_its_size() -> None:
    allowance = Allowance(now_ms=0)
    assert not allowance.spend(RPC_BUDGET_MAX + 1, 10**9)
    assert allowance.spend(RPC_BUDGET_MAX, 10**9)


def test_a_refused_request_costs_nothing() -> None:
    allowance = Allowance(now_ms=0)
    assert not allowance.spend(RPC_BUDGET_MAX + 1, 0)
    assert allowance.spend(RPC_BUDGET_MAX, 0)
