"""The master in the epoch protocol: step(now, event) → effects.

The states are in `states`, the messages in `wire.epoch`, the driver's duties in `effects`. MOVES at the end
says which events a state acts on. Rules:

1. The master says nothing before its term is durable, and `Commit` only after the root block is.
2. An epoch goes on only with the answer of *every* participant. One that doesn't answer in time, answers
   something else, or has to join again aborts the attempt for all; the next attempt is made without it.
3. A `Join` is answered with a `Welcome` only when the fate of the sealed block that it reports is known: its
   epoch is committed, or its round is over. If that round is still open, the report counts as `Sealed`.
4. What has no answer is said again; each shard's answers are idempotent, and so is counting them.
5. Answers are believed only from joined members and for the current round.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Union, get_args

from quarkparsec import effects as effect
from quarkparsec.chain.block import RootBlock, ShardSummary
from quarkparsec.chain.genesis import Genesis
from quarkparsec.codec import rlp
from quarkparsec.effects import Persisted, Tick
from quarkparsec.errors import InvalidInput
from quarkparsec.limits import (
    ANSWER_TIMEOUT_MS,
    BLOCK_HASH_WINDOW,
    RESEND_MS,
    UNDERPRICED_EPOCH_MS,
)
from quarkparsec.root import root_store as rows
from quarkparsec.root import states as state
from quarkparsec.root.blocks import build_root_block, check_summary
from quarkparsec.root.epoch_plan import EpochPlan, base_fee_after, plan_epoch
from quarkparsec.root.members import Member
from quarkparsec.root.root_store import RootStore
from quarkparsec.store import Batch, Store
from quarkparsec.types import Epoch, Hash32, ShardId, Wei, home_key, shard_of
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import (
    Committed,
    HasWork,
    Join,
    LaneEnded,
    Sealed,
    Work,
    from_amount,
    to_amount,
)


class LinkUp(NamedTuple):
    """The shard can be reached (again)."""

    shard_id: ShardId


class LinkDown(NamedTuple):
    """The connection to the shard broke: it will not answer."""

    shard_id: ShardId


class Announce(NamedTuple):
    """An epoch is committed."""

    block: RootBlock


class Excluded(NamedTuple):
    """A shard is left out until it joins again."""

    shard_id: ShardId
    reason: str


Event = Union[Join, HasWork, LaneEnded, Sealed, Committed, LinkUp, LinkDown, Persisted, Tick]
Effect = Union[effect.Send[wire.FromMaster], effect.Persist, effect.WakeAt, Announce, Excluded]


class RootMachine:
    """The driver of the epochs, and the root chain's head."""

    def __init__(self, genesis: Genesis, store: Store) -> None:
        self._genesis: Final = genesis
        self._chain: Final = RootStore(store)
        self._head = self._chain.head()
        self._hashes = deque(self._last_hashes(), BLOCK_HASH_WINDOW)
        self._term = self._chain.term() + 1
        self._attempt = 0
        self._members: Final = tuple(
            Member(summary.shard_id) for summary in self._head.summaries
        )
        self._coinbase_home: Final = shard_of(
            home_key(genesis.coinbase), self._head.shard_count
        )
        self._opened_ms: int | None = None
        """When the last attempt began."""
        self._state: state.State = state.Starting(0)
        self._tokens = 0
        self._now_ms = 0
        self._wake_ms = 0
        self._effects: list[Effect] = []

    # --- the outside

    @property
    def head(self) -> RootBlock:
        """The last committed root block."""
        return self._head

    @property
    def state(self) -> state.State:
        """Where the master stands."""
        return self._state

    @property
    def members(self) -> tuple[Member, ...]:
        """What is known of each shard, in shard order."""
        return self._members

    def start(self, now_ms: int) -> list[Effect]:
        """Come up: the first step, before any event."""
        self._now_ms = now_ms
        self._state = state.Starting(self._persist(rows.term_batch(self._term)))
        return self._take_effects()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event; then open an epoch if it is time."""
        self._now_ms = now_ms
        move = MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = move(self, self._state, event)
        if isinstance(self._state, state.Between):
            self._state = self._open_if_due(self._state)
        return self._take_effects()
