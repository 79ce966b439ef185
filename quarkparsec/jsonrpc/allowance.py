"""What one client may still ask for: a bucket of cost that fills up steadily (a token bucket)."""

from __future__ import annotations

from quarkparsec.limits import RPC_BUDGET_MAX, RPC_BUDGET_PER_SECOND


class Allowance:
    """The budget of one client; full at first."""

    def __init__(self, now_ms: int) -> None:
        self._units = float(RPC_BUDGET_MAX)
        self._since_ms = now_ms

    def spend(self, cost: int, now_ms: int) -> bool:
        """Take `cost` out if there is that much, and say whether."""
        earned = (now_ms - self._since_ms) * RPC_BUDGET_PER_SECOND / 1000
        self._units = min(self._units + earned, RPC_BUDGET_MAX)
        self._since_ms = now_ms
        if cost > self._units:
            return False
        self._units -= cost
        return True
