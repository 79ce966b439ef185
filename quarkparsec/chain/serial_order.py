"""Where in the serial order of everything a transaction took place.

That is its *fingerprint* (epoch, lane, n). Blocks don't hold fingerprints, they follow from a block's shape:

    body   │ lane 1: 0 1 2 3 │ lane 2: a call each │ lane 3: 0 1 2 │
    n        counts            the call's position   counts

In lanes 1 and 3 shards don't meet, so n counts within the shard. In lane 2 it is the position that the ticket's
participants agreed on; two shards may execute at the same one, and then the ticket decides, but no shard does
so twice. So what names one transaction is its shard together with its fingerprint.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

from quarkparsec.chain.legs import Call, Legs
from quarkparsec.types import Epoch, Fingerprint

IN_SHARD: Final = 1
TICKETS: Final = 2
TRANSFERS: Final = 3
LANES: Final = (IN_SHARD, TICKETS, TRANSFERS)
"""Those that execute transactions."""


class Turn(NamedTuple):
    """A transaction's turn."""

    fingerprint: Fingerprint
    call: Call | None
    """What was executed under a ticket."""


class SerialOrder(NamedTuple):
    """The transactions of one shard in one epoch."""

    epoch: Epoch
    transaction_count: int
    calls: tuple[Call, ...]
    """Of lane 2, in the order of their positions."""
    transfer_count: int

    def turn(self, index: int) -> Turn:
        """The turn of the transaction at `index` of the body."""
        first_call = self._first_call
        first_transfer = first_call + len(self.calls)
        if index < first_call:
            return Turn(Fingerprint(self.epoch, IN_SHARD, index), None)
        if index < first_transfer:
            call = self.calls[index - first_call]
            return Turn(Fingerprint(self.epoch, TICKETS, call.position), call)
        return Turn(Fingerprint(self.epoch, TRANSFERS, index - first_transfer), None)

    def place(self, fingerprint: Fingerprint) -> int | None:
        """Where in the body the transaction with `fingerprint` is; None if there is none."""
        epoch, lane, n = fingerprint
        first_call = self._first_call
        index = n
        if lane == TICKETS:
            index = first_call + bisect_left(self.calls, n, key=_position)
        elif lane == TRANSFERS:
            index = first_call + len(self.calls) + n
        is_there = epoch == self.epoch and index < self.transaction_count
        return index if is_there and self.turn(index).fingerprint == fingerprint else None

    @property
    def _first_call(self) -> int:
        return self.transaction_count - len(self.calls) - self.transfer_count


def serial_order(epoch: Epoch, transaction_count: int, legs: Legs) -> SerialOrder:
    """The order of a block's transactions."""
    return SerialOrder(epoch, transaction_count, legs.calls, legs.transfer_count)


def _position(call: Call) -> int:
    return call.position
