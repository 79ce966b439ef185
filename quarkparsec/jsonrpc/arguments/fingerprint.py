"""A place in the serial order: {"epoch": …, "lane": …, "n": …}, all three of them and nothing else."""

from __future__ import annotations

from quarkparsec.chain.serial_order import LANES
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.scalars import parse_count
from quarkparsec.types import Epoch, Fingerprint


def parse_fingerprint(value: object) -> Fingerprint:
    """What views/fingerprint.py writes; numbers may be JSON numbers, too."""
    if type(value) is not dict:
        raise InvalidInput("expected an object with epoch, lane and n")
    unknown = sorted(value.keys() - set(Fingerprint._fields))
    if unknown:
        raise InvalidInput(
            f"a fingerprint has epoch, lane and n, and no {unknown[0][:_SHOWN_MAX]!r}"
        )
    epoch, lane, n = (_number(value, name) for name in Fingerprint._fields)
    if lane not in LANES:
        raise InvalidInput(f"no transactions are executed in lane {lane}, only in 1, 2 and 3")
    return Fingerprint(Epoch(epoch), lane, n)


_SHOWN_MAX = 80
"""Characters of an unknown member's name that are echoed."""


def _number(value: dict[str, object], name: str) -> int:
    if value.get(name) is None:
        raise InvalidInput(f"a fingerprint without {name}")
    try:
        return parse_count(value[name])
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None
