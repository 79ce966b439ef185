"""The steps of a history: what one shard did in one place of the cluster's serial order."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.legs import Credit, TicketLeg
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.outcome import Done
from quarkparsec.types import Epoch, ShardId, ShardKey
from tests.serializability.recording import Access

IN_SHARD = 1
TICKETS = 2
TRANSFERS = 3
CREDITS = 4


class Place(NamedTuple):
    """A fingerprint: where something stands in the cluster's serial order.

    In lane 2 `major` is the position and `minor` the ticket: all legs of a ticket share one place. In the
    other lanes nothing crosses shards, so the shards may follow one another: `major` is the shard, `minor`
    counts. A transfer is two steps: the debit in lane 3 and the credit in lane 4. Between them nobody looks at
    the recipient but debits, and what they could pay before the credit they could pay after it.
    """

    epoch: Epoch
    lane: int
    major: int
    minor: int


class Step(NamedTuple):
    """One leg as it was executed again."""

    place: Place
    shard_id: ShardId
    access: Access
    transaction: Transaction | None = None
    """What was executed here, if anything was."""
    to_key: ShardKey | None = None
    """Of all its frames."""
    done: Done | None = None
    leg: TicketLeg | None = None
    """Of lane 2."""
    credit: Credit | None = None
    """What came in (lane 4), or was sent home (lane 3)."""
