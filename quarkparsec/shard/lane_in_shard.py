"""Lane 1: the ordering machine orders this shard's transactions, and then they are executed.

What the pool hands over are requests to the worker. It gives them their places, shuffled if the chain wants
that, and the engines let each have its turn (`turns`) once nothing before it is pending that its label touches.
The turns' journal has every key's newest value; the timeline is told what is resolved, and no values.

The lane ends with the candidates, with the block's gas, or when time is up; who has no turn then waits in the
pool. A block holds the included in the order of their places, so replay needs no places and no labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.effects import OutOfTime
from quarkparsec.limits import BLOCK_CANDIDATES_MAX, STRAND_LENGTH
from quarkparsec.ordering.machine import OrderingMachine
from quarkparsec.ordering.messages import SealBatch, TransactionCandidate, TransactionRequest
from quarkparsec.ordering.supervisor import Supervisor
from quarkparsec.ordering.timeline import Timeline
from quarkparsec.ordering.worker import Worker
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.turns import Turns
from quarkparsec.types import Epoch, Hash32

LANE: Final = 1

IN_JOURNAL: Final = None
"""What the timeline knows of a value: where it is."""


def run_in_shard(
    draft: BlockDraft,
    candidates: Iterable[TransactionCandidate],
    neighbourhood: Neighbourhood,
    out_of_time: OutOfTime,
    seed: Hash32 | None = None,
) -> None:
    """Order and execute `candidates`; write what they did, or what becomes of them, into `draft`.

    `seed`: what the order is shuffled by; None keeps that of `candidates`.
    """
    context = draft.context
    turns = Turns(draft, neighbourhood, out_of_time)
    engines = OrderingMachine(
        Worker(neighbourhood.shard_id, Epoch(context.number), context.timestamp, STRAND_LENGTH),
        Supervisor(turns.take, is_blind=True),
        Timeline(IN_JOURNAL, (neighbourhood.shard_id,), BLOCK_CANDIDATES_MAX),
    )
    engines.step(TransactionRequest(tuple(candidates)))
    engines.step(SealBatch(seed))
