"""Lane 2 in small: lock tables of several shards, agents and deciders, over a network that shuffles and repeats.

Two kinds of tickets. A *plain* one locks, prepares everywhere, commits everywhere. A *remote call* locks and
prepares elsewhere (or nowhere), then its decider's shard asks `judge` and commits on the spot. Nothing is ever
said again, so a run that comes to rest with somebody unfinished is a stall.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final, NamedTuple

from quarkparsec.broker.lock_table import LockTable, Verdict
from quarkparsec.broker.ticket_states import (
    Command,
    Commit,
    Granted,
    Keys,
    Prepare,
    Prepared,
    Reply,
    Rollback,
    RolledBack,
    TryLock,
    Wounded,
)
from quarkparsec.types import LockType, Recipient
from tests.broker.lock_keys import WRITE, key_of

SHARDS: Final = 3
KEYS: Final = [key_of(letter) for letter in "ABC"]
PLAIN: Final = 5
REMOTE: Final = 8
REPEATED_PERCENT: Final = 10
STEPS_MAX: Final = 20_000


class GivingWay(Enum):
    """When a decider that is told to retry does so; the rule is ALWAYS, the others are planted faults."""

    ALWAYS = "always"
    AT_FIRST = "unless it has waited before"
    NEVER = "never: it waits instead"


class Execute(NamedTuple):
    """Run here and decide."""

    ticket: int
    attempt: int
    accessed: Mapping[Recipient, LockType]


class Executed(NamedTuple):
    ticket: int
    attempt: int


class Retry(NamedTuple):
    ticket: int
    attempt: int


class Message(NamedTuple):
    """To a shard, or from it to the ticket's agent."""

    shard: int
    item: Command | Execute | Reply | Executed | Retry


@dataclass
class Agent:
    """One ticket's life. `locks`: shard → keys; a remote call also has an `execution` at another shard."""

    ticket: int
    locks: Mapping[int, Keys]
    execution: tuple[int, Mapping[Recipient, LockType]] | None
    attempt: int = 0
    phase: type[Granted | Prepared | RolledBack] = Granted
    """What its shards are to say next."""
    is_decided: bool = False
    awaited: set[int] = field(default_factory=set)

    def begin(self) -> Iterator[Message]:
        self.attempt += 1
        self.phase, self.awaited = Granted, set(self.locks)
        for shard, keys in self.locks.items():
            yield Message(shard, TryLock(self.ticket, self.attempt, keys))
        if not self.locks:
            yield from self._execute()

    def hear(self, shard: int, item: Reply | Executed | Retry) -> Iterator[Message]:
        if item.attempt != self.attempt or self.is_decided:
            return
        match item:
            case Granted() | Prepared() | RolledBack():
                yield from self._count(shard, item)
            case Wounded() | Retry() if self.phase is not RolledBack:
                yield from self._roll_back()
            case Executed():
                yield from self._commit()

    def _count(self, shard: int, item: Granted | Prepared | RolledBack) -> Iterator[Message]:
        """Go on when all shards have said the same; shards of the phase before may still repeat theirs."""
        if type(item) is not self.phase or shard not in self.awaited:
            return
        self.awaited.remove(shard)
        if self.awaited:
            return
        if self.phase is Granted:
            self.phase, self.awaited = Prepared, set(self.locks)
            yield from (Message(to, Prepare(self.ticket, self.attempt)) for to in self.locks)
        elif self.phase is Prepared:
            yield from self._execute() if self.execution else self._commit()
        else:
            yield from self.begin()

    def _execute(self) -> Iterator[Message]:
        if self.execution:
            shard, accessed = self.execution
            yield Message(shard, Execute(self.ticket, self.attempt, accessed))

    def _roll_back(self) -> Iterator[Message]:
        self.phase, self.awaited = RolledBack, set(self.locks)
        for shard in self.locks:
            yield Message(shard, Rollback(self.ticket, self.attempt))
        if not self.locks:
            yield from self.begin()

    def _commit(self) -> Iterator[Message]:
        self.is_decided = True
        yield from (Message(to, Commit(self.ticket, self.attempt)) for to in self.locks)


class Shard:
    """A lock table, its deciders, and the order in which tickets were committed at each key."""

    def __init__(self, giving_way: GivingWay) -> None:
        self.table: Final = LockTable()
        self.committed: Final[dict[Recipient, list[tuple[int, LockType]]]] = defaultdict(list)
        self._giving_way: Final = giving_way
        self._waiting: Final[dict[int, Execute]] = {}
        self._ended: Final[dict[int, int]] = {}
        """Deciders' tickets → the last attempt that was decided or given up."""

    def hear(self, item: Command | Execute) -> Iterator[Reply | Executed | Retry]:
        if isinstance(item, Execute):
            yield from self._judge(item)
        else:
            yield from self._apply(item)
        for execute in sorted(self._waiting.values()):
            yield from self._judge(execute)

    def _apply(self, command: Command) -> Iterator[Reply]:
        if isinstance(command, Commit):
            for key in KEYS:
                self._record(command.ticket, {key: self.table.holders(key).get(command.ticket)})
        yield from self.table.apply(command)

    def _judge(self, execute: Execute) -> Iterator[Reply | Executed | Retry]:
        ticket, attempt, accessed = execute
        if attempt <= self._ended.get(ticket, 0):
            return
        verdict, replies = self.table.judge(ticket, accessed)
        yield from replies
        if verdict is Verdict.WAIT or (verdict is Verdict.RETRY and self._stays(ticket)):
            self._waiting[ticket] = execute
            return
        self._waiting.pop(ticket, None)
        self._ended[ticket] = attempt
        if verdict is Verdict.RETRY:
            yield Retry(ticket, attempt)
        else:
            self._record(ticket, accessed)
            yield Executed(ticket, attempt)

    def _stays(self, ticket: int) -> bool:
        if self._giving_way is GivingWay.AT_FIRST:
            return ticket in self._waiting
        return self._giving_way is GivingWay.NEVER

    def _record(self, ticket: int, accessed: Mapping[Recipient, LockType | None]) -> None:
        for key, lock_type in accessed.items():
            if lock_type is not None:
                self.committed[key].append((ticket, lock_type))


class World:
    """One run, wholly given by its seed."""

    def __init__(self, seed: int, giving_way: GivingWay = GivingWay.ALWAYS) -> None:
        self.random: Final = Random(seed)
        self.shards: Final = [Shard(giving_way) for _ in range(SHARDS)]
        kinds = ["plain"] * PLAIN + ["remote"] * REMOTE
        self.random.shuffle(kinds)
        self.agents: Final = [self._agent(ticket, kind) for ticket, kind in enumerate(kinds)]
        self.net: Final = [message for agent in self.agents for message in agent.begin()]

    def run(self) -> None:
        """Deliver until nothing is under way."""
        for _ in range(STEPS_MAX):
            if not self.net:
                return
            self._deliver(self._pick())

    @property
    def unfinished(self) -> list[int]:
        return [agent.ticket for agent in self.agents if not agent.is_decided]

    def followers(self) -> Mapping[int, set[int]]:
        """Who must come after whom: ticket → those that later committed something in conflict with it."""
        after: dict[int, set[int]] = defaultdict(set)
        for order in (order for shard in self.shards for order in shard.committed.values()):
            for index, (ticket, lock_type) in enumerate(order):
                for later, later_type in order[index + 1 :]:
                    if WRITE in (lock_type, later_type):
                        after[ticket].add(later)
        return after

    def _pick(self) -> Message:
        """Any message may be next, and may come again."""
        index = self.random.randrange(len(self.net))
        if self.random.randrange(100) < REPEATED_PERCENT:
            return self.net[index]
        self.net[index], self.net[-1] = self.net[-1], self.net[index]
        return self.net.pop()

    def _deliver(self, message: Message) -> None:
        shard, item = message
        if isinstance(item, Command | Execute):
            self.net.extend(Message(shard, reply) for reply in self.shards[shard].hear(item))
        else:
            self.net.extend(self.agents[item.ticket].hear(shard, item))

    def _agent(self, ticket: int, kind: str) -> Agent:
        shards = self.random.sample(range(SHARDS), SHARDS)
        if kind == "plain":
            return Agent(ticket, {shard: self._locks() for shard in shards[:2]}, None)
        homes = shards[1 : 1 + self.random.choice((0, 1, 1, 1, 2))]
        execution = shards[0], dict(self._locks())
        return Agent(ticket, {shard: self._locks(1) for shard in homes}, execution)

    def _locks(self, count_max: int = 2) -> Keys:
        keys = self.random.sample(KEYS, self.random.randint(1, count_max))
        types = (LockType.READ, LockType.WRITE, LockType.WRITE)
        return tuple((key, self.random.choice(types)) for key in keys)
