"""A place in the serial order (chain/serial_order.py) as clients see it."""

from __future__ import annotations

from quarkparsec.codec.quantities import quantity
from quarkparsec.types import Fingerprint


def fingerprint_view(fingerprint: Fingerprint) -> dict[str, str]:
    """What arguments/fingerprint.py reads."""
    epoch, lane, n = fingerprint
    return {"epoch": quantity(epoch), "lane": quantity(lane), "n": quantity(n)}
