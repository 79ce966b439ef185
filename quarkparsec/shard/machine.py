"""One shard in the epoch protocol: step(now, event) → effects.

The states are in `states`, the messages in `wire.epoch`, the driver's duties in `effects`. MOVES at the end
of this file says for each event which states act on it; in all others it is ignored, because it is late,
repeated, or answered by something already on its way. Rules that hold everywhere:

1. A message from another term than the one that welcomed us is ignored, except Invite and Welcome: those
   are how a term begins. `Open`, `Seal` and `Abort` are for one round; a later `Open` replaces an earlier.
2. Nothing is said before it is durable: `Sealed` after the record's sync, `Join` after the incarnation's.
3. A sealed block is committed or dropped only on the master's word: a `Commit`, or the `Welcome` to this
   very visit, which names the shard's last committed block. If that is neither ours nor the sealed one,
   this disk has lost what the cluster acknowledged: Corrupt.
4. Transactions leave the pool when a block commits, not before.

Between steps the pool and the state's head may be read; jobs read only what they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, Union

from quarkparsec import effects as effect
from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction
from quarkparsec.effects import JobDone, Persisted, Tick
from quarkparsec.errors import Corrupt, invariant
from quarkparsec.limits import BLOCK_CANDIDATES_MAX, LANE_BUDGET_MS, RESEND_MS
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard import states as state
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_builder import BuiltBlock, Opening, build_block
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.lane_in_shard import CHEAPEST_GAS, InShardResult, Invalid, run_in_shard
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.replay import replay
from quarkparsec.shard.sealed_record import SealedRecord
from quarkparsec.shard.states import OpenRound, RootHead
from quarkparsec.state.shard_state import ShardState
from quarkparsec.store import Batch, Store
from quarkparsec.types import Epoch, Hash32, ShardId, ShardKey, Wei
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.epoch import Abort, Commit, Invite, Open, Seal, Welcome, from_amount

LANE_IN_SHARD: Final = 1


class Announce(NamedTuple):
    """A block of this shard is committed: receipts, subscriptions and caches may follow it."""

    block: ShardBlock
    receipts: tuple[Receipt, ...]
    invalid: tuple[Invalid, ...]
    """What the pool forgot because the block could not hold it."""


Event = Union[Invite, Welcome, Open, Seal, Commit, Abort, Persisted, JobDone, Tick]
Effect = Union[effect.Send[wire.FromShard], effect.Persist, effect.Run, effect.WakeAt, Announce]


class ShardMachine:
    """A shard: its pool, its state's head, and where it stands in the epoch."""

    def __init__(
        self, genesis: Genesis, shard_id: ShardId, store: Store, shard_state: ShardState
    ) -> None:
        self.shard_id: Final = shard_id
        self.pool: Final = Pool(Rules(genesis.chain_id, genesis.fork, genesis.gas_limit))
        self.shard_state: Final = shard_state
        self.blocks: Final = BlockStore(store)
        self._genesis: Final = genesis
        self._store: Final = store
        self._term = 0
        self._visit = wire.Visit(self.blocks.starts() + 1, 0)
        self._block = self._stored_head()
        self._root_head = RootHead(Epoch(0), Hash32(bytes(32)), genesis.base_fee)
        self._state: state.State = state.Absent(0)
        self._tokens = 0
        self._now_ms = 0
        self._effects: list[Effect] = []

    # --- the outside

    @property
    def state(self) -> state.State:
        """Where the shard stands."""
        return self._state

    @property
    def root_head(self) -> RootHead:
        """The last root block that is applied here."""
        return self._root_head

    def start(self, now_ms: int) -> list[Effect]:
        """Come up: the first step, before any event."""
        self._now_ms = now_ms
        token = self._persist(rows.starts_batch(self._visit.incarnation), sync=True)
        self._state = state.Absent(token)
        return self._take_effects()

    def step(self, now_ms: int, event: Event) -> list[Effect]:
        """Act on one event."""
        self._now_ms = now_ms
        move = MOVES[type(event)].get(type(self._state))
        if move is not None:
            self._state = move(self, self._state, event)
        return self._take_effects()

    def admit(self, now_ms: int, transaction: Transaction, to_key: ShardKey) -> list[Effect]:
        """Take a transaction into the pool. Raises Rejected, in geth's words."""
        self._now_ms = now_ms
        account = self.shard_state.account(transaction.sender)
        nonce, balance = (account.nonce, account.balance) if account else (0, 0)
        had_work = self._work == wire.Work.READY
        self.pool.add(transaction, to_key, nonce, balance, now_ms)
        if not had_work and isinstance(self._state, state.Idle):
            self._report_work()
        return self._take_effects()

    # --- joining

    def _come_alive(self, absent: state.Absent, event: Persisted) -> state.State:
        if event.token != absent.token:
            return absent
        record = self.blocks.sealed_record()
        if record is not None and record.round.epoch <= self.shard_state.head:
            record = None
        return self._join(record, None)

    def _accept_invitation(self, now: state.State, event: Invite) -> state.State:
        """Join again, unless the invitation is from before our last visit to this very term."""
        known = event.term == self._term and event.after < self._visit
        if event.term < self._term or known:
            return now
        self._term = event.term
        if isinstance(now, state.Sealed):
            return self._join(now.record, now.built)
        return self._join(None, None)

    def _repeat_join(self, joining: state.Joining, event: Invite | Tick) -> state.State:
        if isinstance(event, Invite):
            self._term = max(self._term, event.term)
        return self._ask_to_join(joining)

    def _join(self, record: SealedRecord | None, built: BuiltBlock | None) -> state.Joining:
        self._visit = wire.Visit(self._visit.incarnation, self._visit.number + 1)
        return self._ask_to_join(state.Joining(self._visit, record, built))
