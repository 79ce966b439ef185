"""What shards say to each other within an epoch: the messages of lanes 2 and 3.

    broker (the sender's shard)              participant (where something is locked or executed)
      │ ── Lock ──────────────────────────────> │
      │ <──────────────────── Locked | Wounded ── │
      │ ── Prepare ───────────────────────────> │
      │ <────────────────── Prepared | Wounded ── │
      │ ── Execute ───────────────────────────> │   to one participant, the last: it decides
      │ <── Executed | NeedKeys | Retry | Refused | Elsewhere ── │
      │ ── Commit | Rollback ─────────────────> │
      │ <─────────────── Committed | RolledBack ── │

    source of credits                        destination
      │ ── Credits ───────────────────────────> │
      │ <───────────────────── CreditsAnswer ── │

Everything that one shard has to say to another at a moment travels in one `LaneMessages`. Messages may be
lost, repeated and reordered: whoever waits for an answer asks again, and all of lane 2 is idempotent on
(ticket, attempt), all of lane 3 on the version of the plan. Nothing of it outlives its round.

Amounts of wei travel as in `epoch`.
"""

from __future__ import annotations

from msgspec import Struct

from quarkparsec.types import ShardId
from quarkparsec.wire.epoch import AmountField, CountField, Round


class Lock(Struct, frozen=True, tag=True, array_like=True):
    """Take these locks, all of them, and say what waits there."""

    ticket: CountField
    attempt: CountField
    recipients: tuple[bytes, ...]


class Endowment(Struct, frozen=True, array_like=True):
    """What waits for a contract at its home, while a ticket holds that entry."""

    recipient: bytes
    balance: AmountField
    is_taken: bool
    """Whether a contract has been there before."""


class Locked(Struct, frozen=True, tag=True, array_like=True):
    """The ticket holds all its locks here."""

    ticket: CountField
    attempt: CountField
    endowments: tuple[Endowment, ...]


class Wounded(Struct, frozen=True, tag=True, array_like=True):
    """An older ticket took what this one held here."""

    ticket: CountField
    attempt: CountField


class Prepare(Struct, frozen=True, tag=True, array_like=True):
    """From now on nobody may take the locks away."""

    ticket: CountField
    attempt: CountField


class Prepared(Struct, frozen=True, tag=True, array_like=True):
    """They are safe; `position` is the highest that has been committed here."""

    ticket: CountField
    attempt: CountField
    position: CountField


class Execute(Struct, frozen=True, tag=True, array_like=True):
    """Run the transaction here, and thereby decide on the ticket."""

    ticket: CountField
    attempt: CountField
    position: CountField
    """The highest that the prepared participants have committed."""
    raw: bytes
    sender: bytes
    to_key: CountField
    money: AmountField | None
    """What the sender brings from another shard; None if it is from this one."""
    endowments: tuple[Endowment, ...]
    """What the ticket holds elsewhere for contracts that the transaction may create."""


class Claim(Struct, frozen=True, array_like=True):
    """A contract was created under `shard_key`: its home gives up `amount`, and the address."""

    recipient: bytes
    shard_key: CountField
    amount: AmountField
    stays: bool
    """Whether the contract still exists after the transaction that created it."""


class Executed(Struct, frozen=True, tag=True, array_like=True):
    """Committed here, at `position` of the lane's serial order."""

    ticket: CountField
    attempt: CountField
    position: CountField
    money_back: AmountField
    """What is left of the sender's money."""
    claims: tuple[Claim, ...]


class NeedKeys(Struct, frozen=True, tag=True, array_like=True):
    """Not without these entries: lock them at their homes, then ask again."""

    ticket: CountField
    attempt: CountField
    recipients: tuple[bytes, ...]


class Retry(Struct, frozen=True, tag=True, array_like=True):
    """An older ticket is in the way: let go, and try again."""

    ticket: CountField
    attempt: CountField


class Refused(Struct, frozen=True, tag=True, array_like=True):
    """Not in this block. Without a reason: later; with one: the transaction is invalid."""

    ticket: CountField
    attempt: CountField
    reason: str


class Elsewhere(Struct, frozen=True, tag=True, array_like=True):
    """Not here: the contract that the transaction goes to lives under another key."""

    ticket: CountField
    attempt: CountField
    shard_key: CountField


class Commit(Struct, frozen=True, tag=True, array_like=True):
    """The ticket is decided: carry out what concerns this shard, and let go."""

    ticket: CountField
    attempt: CountField
    position: CountField
    claims: tuple[Claim, ...]


class Committed(Struct, frozen=True, tag=True, array_like=True):
    """Done here."""

    ticket: CountField
    attempt: CountField


class Rollback(Struct, frozen=True, tag=True, array_like=True):
    """The attempt is over: let go."""

    ticket: CountField
    attempt: CountField


class RolledBack(Struct, frozen=True, tag=True, array_like=True):
    """Nothing is held here."""

    ticket: CountField
    attempt: CountField


class Credit(Struct, frozen=True, array_like=True):
    """Money for an account. A transfer only if nothing would run there; else it is simply paid."""

    recipient: bytes
    shard_key: CountField
    amount: AmountField
    is_transfer: bool


class Credits(Struct, frozen=True, tag=True, array_like=True):
    """Everything that one shard has for another in this epoch, in place of an earlier version."""

    version: CountField
    credits: tuple[Credit, ...]


class Refusal(Struct, frozen=True, array_like=True):
    """A credit that can't be taken: there is code, which lives under `shard_key`."""

    index: CountField
    shard_key: CountField


class CreditsAnswer(Struct, frozen=True, tag=True, array_like=True):
    """The destination takes all credits of this version, but for these."""

    version: CountField
    refused: tuple[Refusal, ...]


LaneItem = (
    Lock
    | Locked
    | Wounded
    | Prepare
    | Prepared
    | Execute
    | Executed
    | NeedKeys
    | Retry
    | Refused
    | Elsewhere
    | Commit
    | Committed
    | Rollback
    | RolledBack
    | Credits
    | CreditsAnswer
)


class LaneMessages(Struct, frozen=True, tag=True):
    """From shard `source` to shard `shard_id`, in order."""

    source: ShardId
    shard_id: ShardId
    round: Round
    lane: CountField
    items: tuple[LaneItem, ...]
