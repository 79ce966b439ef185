"""What the master and the shards say to each other: the messages of the epoch protocol.

    shard                                   master
      │ <──────────── Invite ───────────────── │   "I don't know you (any more): join"
      │ ───────────── Join ──────────────────> │   "this is what my disk holds"
      │ <──────────── Welcome ──────────────── │   "this is what the root chain holds of you"
      │ ───────────── Committed ─────────────> │   "I am at the head: count me in"
      │ ───────────── HasWork ───────────────> │
      │                                        │   ── an epoch ──
      │ <──────────── Open ─────────────────── │
      │ ───────────── LaneEnded ─────────────> │   barrier; shards that lanes 2-4 reach are opened, too
      │ <──────────── OpenLane ─────────────── │   lane 2, if somebody wants it; then lane 3
      │ ───────────── LaneEnded ─────────────> │   barrier
      │ <──────────── Seal ─────────────────── │
      │ ───────────── Sealed ────────────────> │   barrier; the block is durable in the shard
      │                                        │   the root block becomes durable: the commit point
      │ <──────────── Commit ───────────────── │   to every shard, participant or not
      │ ───────────── Committed ─────────────> │

`Abort` may come instead of Seal or Commit. Messages may be lost, repeated, delayed and reordered: the
master repeats what has no answer yet, the shard repeats Join and HasWork, and every message can be
recognised as belonging to now or to the past by one of three ordered numbers. A shard that is told again
what it is carrying out says `Working`, so that a slow one isn't taken for a dead one.

- a *term* counts the master's starts. It is durable before the first message that carries it.
- a *round* is one attempt at an epoch: (epoch, term, attempt). A later round supersedes an earlier one.
- a *visit* is one attempt of a shard to join: (incarnation, number). The incarnation counts the shard's
  starts and is durable before the first Join. A Welcome answers exactly one visit, so that a delayed one
  can't make a shard drop what has been committed since.

Amounts of wei travel as big-endian bytes: msgpack's own integers end at 2^64, 18 ether.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, NewType

from msgspec import Meta, Struct

from quarkparsec.types import Epoch, ShardId, Wei

Amount = NewType("Amount", bytes)
"""Wei as big-endian bytes, at most 32 of them."""

AmountField = Annotated[Amount, Meta(max_length=32)]
HashField = Annotated[bytes, Meta(min_length=32, max_length=32)]
CountField = Annotated[int, Meta(ge=0)]


def to_amount(wei: int) -> Amount:
    """A number of wei as it travels."""
    return Amount(wei.to_bytes((wei.bit_length() + 7) >> 3, "big"))


def from_amount(amount: Amount) -> Wei:
    """The number of wei that `amount` spells."""
    return Wei(int.from_bytes(amount, "big"))


class Round(Struct, frozen=True, order=True, array_like=True):
    """One attempt at an epoch; ordered."""

    epoch: Epoch
    term: CountField
    attempt: CountField


class Visit(Struct, frozen=True, order=True, array_like=True):
    """One attempt of a shard to join; ordered."""

    incarnation: CountField
    number: CountField


class Work(IntEnum):
    """What waits in a shard."""

    NONE = 0
    PATIENT = 1
    """Transactions that the next epoch's base fee is too high for, or what a split left to be deleted."""
    READY = 2


# --- from a shard


class Sealed(Struct, frozen=True, tag=True):
    """The shard's block of this round is durable; `summary` is an encoded ShardSummary."""

    shard_id: ShardId
    round: Round
    summary: bytes


class Join(Struct, frozen=True, tag=True):
    """What the shard's disk holds: its last committed block, and a sealed one that may be undecided."""

    shard_id: ShardId
    visit: Visit
    genesis_hash: HashField
    head: Epoch
    block_hash: HashField
    sealed: Sealed | None


class HasWork(Struct, frozen=True, tag=True):
    """Transactions wait."""

    shard_id: ShardId
    term: CountField
    work: Work


class LaneEnded(Struct, frozen=True, tag=True):
    """The shard has nothing more to do in `lane`; `wants` names later lanes (2, 3) that it has work for."""

    shard_id: ShardId
    round: Round
    lane: CountField
    tips: AmountField
    """Of this epoch so far."""
    wants: tuple[CountField, ...]
    reaches: tuple[ShardId, ...]
    """Where the money goes that this shard has for others."""


class Committed(Struct, frozen=True, tag=True):
    """Root block `epoch` and everything before it is applied here; `work` is what waits now."""

    shard_id: ShardId
    term: CountField
    epoch: Epoch
    work: Work


class Working(Struct, frozen=True, tag=True):
    """The shard was told something again, and is still at it: gas bounds how long that takes, not time."""

    shard_id: ShardId
    term: CountField


# --- from the master


class Invite(Struct, frozen=True, tag=True):
    """Join. `after` is the last visit that the master knows of: an invitation to an older one is void."""

    shard_id: ShardId
    term: CountField
    after: Visit


class Welcome(Struct, frozen=True, tag=True):
    """What the root chain holds, once the shard's sealed block (if it has one) is decided."""

    shard_id: ShardId
    visit: Visit
    term: CountField
    epoch: Epoch
    """The root chain's head."""
    root_hashes: tuple[HashField, ...]
    """Of the last root blocks, ascending, the head's last: what BLOCKHASH can ask for."""
    block_hash: HashField
    """Of the shard's last committed block."""
    base_fee: AmountField
    """Of the next epoch."""
    shard_count: CountField
    """From the next epoch on; twice the shard's own if it was split since."""


class Tickets(Struct, frozen=True, array_like=True):
    """The numbers first, first + step, …: `count` of them."""

    first: CountField
    step: CountField
    count: CountField


class Open(Struct, frozen=True, tag=True):
    """The epoch begins: run lane 1."""

    shard_id: ShardId
    round: Round
    parent_hash: HashField
    """Of the root block before."""
    timestamp: CountField
    """Seconds since 1970."""
    base_fee: AmountField
    seed: HashField
    shard_count: CountField
    present: tuple[ShardId, ...]
    """The shards that can take part; what needs another one waits."""
    tickets: Tickets
    """For the shard's broker, in this round."""


class OpenLane(Struct, frozen=True, tag=True):
    """Every participant has ended the lane before: run lane 2 or 3."""

    shard_id: ShardId
    round: Round
    lane: CountField


class Seal(Struct, frozen=True, tag=True):
    """Every lane has ended: credit `fees` to the coinbase, compute the roots, make the block durable."""

    shard_id: ShardId
    round: Round
    fees: AmountField


class Commit(Struct, frozen=True, tag=True):
    """Root block `epoch` is durable: make visible what it holds of this shard, forget what it doesn't."""

    shard_id: ShardId
    term: CountField
    epoch: Epoch
    root_hash: HashField
    block_hash: HashField
    """Of the shard's last committed block, this one included."""
    base_fee: AmountField
    """Of the next epoch."""
    shard_count: CountField
    """From the next epoch on; twice the shard's own if this block splits it."""


class Abort(Struct, frozen=True, tag=True):
    """This round will never be committed: forget it."""

    shard_id: ShardId
    round: Round


FromShard = Join | HasWork | LaneEnded | Sealed | Committed | Working
FromMaster = Invite | Welcome | Open | OpenLane | Seal | Commit | Abort
