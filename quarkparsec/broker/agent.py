"""The life of one transaction under a ticket, as its agent leads it.

    LOCKING ──> PREPARING ──> READY ──> EXECUTING ──> COMMITTING ──> FINISHED
       │            │           │           │                            ^
       └── wounded ─┴───────────┴──> ROLLING_BACK ──┬── for good ────────┘
                                                    └──> RESTING ──> LOCKING, the next attempt

- *Locking*: it asks for all that it is known to need outside the shard of execution: the sender's account,
  and the homes of contracts that it creates. Each shard answers once it holds its part.
- *Preparing*: from here nobody can take them away. Every shard says the position that it has come to.
- *Ready*: the sender's shard looks whether the sender can pay, now that nobody else can change that.
- *Executing*: the shard of the destination is the last participant, and decides. It may say that more
  entries are needed, that an older ticket is in the way (both: roll back, and again with the same
  ticket), that the block can't hold the transaction, or that the contract lives elsewhere.
- *Committing*: decided. The others carry out their part and let go.

A transaction that needs nothing outside the shard of execution goes straight to Ready: one phase. Attempts
are bounded, and there is a rest before the next when somebody older was in the way. Answers to an older
attempt are ignored, and what has no answer is said again.

Source: PArSEC's agent and broker; that the last participant decides is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from quarkparsec.chain.legs import Endowment
from quarkparsec.limits import TICKET_ATTEMPTS_MAX, TICKET_REST_MS
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount


class Stage(Enum):
    """Where a ticket stands."""

    LOCKING = auto()
    PREPARING = auto()
    READY = auto()
    EXECUTING = auto()
    COMMITTING = auto()
    ROLLING_BACK = auto()
    RESTING = auto()
    FINISHED = auto()


class Task(NamedTuple):
    """A transaction, and where it takes place."""

    raw: bytes
    sender: Recipient
    to_key: ShardKey
    origin: ShardId
    """The sender's shard; the agent lives there."""
    destination: ShardId
    """The shard of execution."""


class Ending(Enum):
    """What became of a transaction in this epoch."""

    EXECUTED = auto()
    INVALID = auto()
    LATER = auto()
    """It waits for another epoch."""


Outgoing = tuple[ShardId, lanes.LaneItem]


class Agent:
    """One ticket, from begin to finish."""

    def __init__(
        self, ticket: int, task: Task, home_of: Callable[[Recipient], ShardId], now_ms: int
    ) -> None:
        self.ticket: Final = ticket
        self.task: Final = task
        self.stage = Stage.RESTING
        self.ending: Ending | None = None
        self.reason = ""
        """Why the transaction is invalid."""
        self.key_elsewhere: ShardKey | None = None
        """Where the contract lives instead, if the destination knows it better."""
        self.said_ms = now_ms
        """When something was last said that wants an answer."""
        self._home_of: Final = home_of
        self._attempt = 0
        self._needs: set[Recipient] = set()
        self._places: dict[ShardId, tuple[Recipient, ...]] = {}
        """What is locked for this ticket, by shard."""
        self._awaited: set[ShardId] = set()
        """Those that haven't answered yet."""
        self._endowments: dict[Recipient, lanes.Endowment] = {}
        self._position = 0
        self._executed: lanes.Executed | None = None
        self._money: Wei | None = None
        self._rest_until_ms = now_ms
        self._now_ms = now_ms

    # --- what the broker calls

    def need(self, recipients: tuple[Recipient, ...]) -> None:
        """These will be created: their homes have to be asked."""
        here = self.task.destination
        self._needs.update(each for each in recipients if self._home_of(each) != here)

    def wake(self, now_ms: int) -> list[Outgoing]:
        """Begin the next attempt if the rest is over; else say again what has no answer."""
        self._now_ms = now_ms
        if self.stage is not Stage.RESTING:
            return self._say()
        return self._begin() if now_ms >= self._rest_until_ms else []

    def hear(self, now_ms: int, source: ShardId, item: Any) -> list[Outgoing]:
        """Take an answer of one shard."""
        self._now_ms = now_ms
        move = MOVES.get((self.stage, type(item)))
        if move is None or item.attempt != self._attempt:
            return []
        return move(self, source, item)

    def execute(self, now_ms: int, money: Wei | None) -> list[Outgoing]:
        """The sender can pay: go on. `money` goes along if the destination is another shard."""
        self._now_ms, self._money = now_ms, money
        return self._await(Stage.EXECUTING, {self.task.destination})

    def give_up(self, now_ms: int, ending: Ending, reason: str = "") -> list[Outgoing]:
        """Let go of everything, for good; not once the destination was asked to decide."""
        self._now_ms = now_ms
        self.ending, self.reason = ending, reason
        if self.stage in (Stage.ROLLING_BACK, Stage.FINISHED):
            return []
        return self._roll_back()

    @property
    def is_undecided(self) -> bool:
        """Whether the agent may still give up by itself."""
        return self.stage in (Stage.LOCKING, Stage.PREPARING, Stage.READY, Stage.RESTING)

    @property
    def payment(self) -> tuple[int, Wei, Wei] | None:
        """Position, money and money back of a call that was executed elsewhere; None for one here."""
        if self._executed is None or self._money is None:
            return None
        return self._executed.position, self._money, from_amount(self._executed.money_back)

    # --- moves

    def _begin(self) -> list[Outgoing]:
        if self._attempt >= TICKET_ATTEMPTS_MAX:
            self.ending, self.stage = Ending.LATER, Stage.FINISHED
            return []
        self._attempt += 1
        self._position = 0
        self._endowments = {}
        self._places = self._places_of_keys()
        if not self._places:
            self.stage = Stage.READY
            return []
        return self._await(Stage.LOCKING, set(self._places))

    def _locked(self, source: ShardId, item: lanes.Locked) -> list[Outgoing]:
        for endowment in item.endowments:
            if endowment.recipient in self._needs:
                self._endowments[Recipient(endowment.recipient)] = endowment
        return self._next(source, Stage.PREPARING)

    def _prepared(self, source: ShardId, item: lanes.Prepared) -> list[Outgoing]:
        self._position = max(self._position, item.position)
        return self._next(source, Stage.READY)

    def _wounded(self, _: ShardId, __: lanes.Wounded) -> list[Outgoing]:
        return self._roll_back()

    def _executed_there(self, _: ShardId, item: lanes.Executed) -> list[Outgoing]:
        self._executed = item
        self.ending = Ending.EXECUTED
        if not self._places:
            self.stage = Stage.FINISHED
            return []
        return self._await(Stage.COMMITTING, set(self._places))

    def _need_more(self, _: ShardId, item: lanes.NeedKeys) -> list[Outgoing]:
        self.need(tuple(map(Recipient, item.recipients)))
        return self._roll_back()

    def _give_way(self, _: ShardId, __: lanes.Retry) -> list[Outgoing]:
        self._rest_until_ms = self._now_ms + TICKET_REST_MS * self._attempt
        return self._roll_back()

    def _refused(self, _: ShardId, item: lanes.Refused) -> list[Outgoing]:
        self.ending = Ending.INVALID if item.reason else Ending.LATER
        self.reason = item.reason
        return self._roll_back()

    def _misled(self, _: ShardId, item: lanes.Elsewhere) -> list[Outgoing]:
        self.ending, self.key_elsewhere = Ending.LATER, ShardKey(item.shard_key)
        return self._roll_back()

    def _committed(self, source: ShardId, _: lanes.Committed) -> list[Outgoing]:
        return self._next(source, Stage.FINISHED)

    def _rolled_back(self, source: ShardId, _: lanes.RolledBack) -> list[Outgoing]:
        self._awaited.discard(source)
        return [] if self._awaited else self._rest()

    def _roll_back(self) -> list[Outgoing]:
        return self._await(Stage.ROLLING_BACK, set(self._places)) if self._places else self._rest()

    def _rest(self) -> list[Outgoing]:
        if self.ending is not None:
            self.stage = Stage.FINISHED
            return []
        self.stage = Stage.RESTING
        return self.wake(self._now_ms)

    def _next(self, source: ShardId, stage: Stage) -> list[Outgoing]:
        """One shard has answered; the last answer leads on."""
        self._awaited.discard(source)
        if self._awaited:
            return []
        if stage is Stage.PREPARING:
            return self._await(stage, set(self._places))
        self.stage = stage
        return []

    # --- what is said

    def _await(self, stage: Stage, shards: set[ShardId]) -> list[Outgoing]:
        self.stage, self._awaited = stage, shards
        return self._say()

    def _say(self) -> list[Outgoing]:
        """What this stage says to those who haven't answered."""
        self.said_ms = self._now_ms
        return [(shard, self._message(shard)) for shard in sorted(self._awaited)]

    def _message(self, shard: ShardId) -> lanes.LaneItem:
        ticket, attempt = self.ticket, self._attempt
        if self.stage is Stage.LOCKING:
            return lanes.Lock(ticket, attempt, self._places[shard])
        if self.stage is Stage.PREPARING:
            return lanes.Prepare(ticket, attempt)
        if self.stage is Stage.EXECUTING:
            return self._execution()
        if self.stage is Stage.COMMITTING and self._executed is not None:
            here = set(self._places[shard])
            claims = [claim for claim in self._executed.claims if claim.recipient in here]
            return lanes.Commit(ticket, attempt, self._executed.position, tuple(claims))
        return lanes.Rollback(ticket, attempt)

    def _execution(self) -> lanes.Execute:
        return lanes.Execute(
            self.ticket,
            self._attempt,
            self._position,
            self.task.raw,
            self.task.sender,
            self.task.to_key,
            None if self._money is None else to_amount(self._money),
            tuple([self._endowments[each] for each in sorted(self._endowments)]),
        )

    def _places_of_keys(self) -> dict[ShardId, tuple[Recipient, ...]]:
        places: dict[ShardId, set[Recipient]] = {}
        if self.task.origin != self.task.destination:
            places[self.task.origin] = {self.task.sender}
        for recipient in self._needs:
            places.setdefault(self._home_of(recipient), set()).add(recipient)
        return {shard: tuple(sorted(places[shard])) for shard in sorted(places)}


_Move = Callable[[Agent, ShardId, Any], list[Outgoing]]

MOVES: Final[Mapping[tuple[Stage, type], _Move]] = {
    (Stage.LOCKING, lanes.Locked): Agent._locked,
    (Stage.LOCKING, lanes.Wounded): Agent._wounded,
    (Stage.PREPARING, lanes.Prepared): Agent._prepared,
    (Stage.PREPARING, lanes.Wounded): Agent._wounded,
    (Stage.EXECUTING, lanes.Executed): Agent._executed_there,
    (Stage.EXECUTING, lanes.NeedKeys): Agent._need_more,
    (Stage.EXECUTING, lanes.Retry): Agent._give_way,
    (Stage.EXECUTING, lanes.Refused): Agent._refused,
    (Stage.EXECUTING, lanes.Elsewhere): Agent._misled,
    (Stage.COMMITTING, lanes.Committed): Agent._committed,
    (Stage.ROLLING_BACK, lanes.RolledBack): Agent._rolled_back,
}
"""What each answer does in the stage that waits for it; in all others it is late."""


def endowment_of(item: lanes.Endowment) -> Endowment:
    """What arrived of a contract's home."""
    return Endowment(Recipient(item.recipient), from_amount(item.balance), item.is_taken)
