"""Where things are: which shard an account lives in, and what that shard's slave says of it.

One per gateway. It keeps a connection to the master, which tells it every root block and who is where, and one
to each slave. Where an account lives is asked of the master's directory once and remembered until a block
creates a contract there.

Shards are split and moved while questions are on their way. A slave that knows more than this gateway sends
them back as Elsewhere; the gateway will hear of it from the master any moment, and then asks again.

A transaction goes to the shard of its sender; what it does elsewhere is the business of the shards. It takes
along the key that its frames will have: that of its target. A creation, or a call of what is in every shard, has
none yet: it takes that of the first contract in its access list, else what genesis says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from typing import Final, NamedTuple, TypeVar

from cluster.bus import Credentials
from cluster.identity import Identity
from cluster.root_follower import RootFollower
from cluster.slaves import Slaves
from quarkparsec.cache import Cache
from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Elsewhere, InvalidInput, Unavailable
from quarkparsec.limits import (
    CATCH_UP_TIMEOUT_MS,
    DEPENDENCIES_MAX,
    LOCATION_CACHE_MAX,
    SUBMITTED_CACHE_MAX,
)
from quarkparsec.root.topology import Topology
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire.queries import KeyQuestion, ShardQuestion
from quarkparsec.wire.root_queries import Locate, Located, Location

Answer = TypeVar("Answer")

COMMON_KEY: Final = ShardKey(0)
"""Where contracts live on a chain whose genesis says `contract_key: common`."""


class Target(NamedTuple):
    """What a transaction goes to."""

    shard_key: ShardKey
    """That of its frames."""
    runs_code: bool
    """It creates a contract, or one is known there, or will be."""


class Arrangement(NamedTuple):
    """By what questions find their way."""

    shard_count: int
    """Of the last root block."""
    topology: int
    """The version."""


class Router:
    """Routes to shards by account, to slaves by shard."""

    def __init__(self, identity: Identity, credentials: Credentials) -> None:
        genesis = identity.genesis
        master = identity.config.master
        self.root: Final = RootFollower(master, credentials, self._take_block, self._rearrange)
        self.slaves: Final = Slaves(credentials)
        self._genesis: Final = genesis
        self._everywhere: Final = genesis.universal | PRECOMPILES[genesis.fork]
        self._news = asyncio.Event()
        """Another arrangement."""
        self._locations: Final[Cache[Recipient, Location]] = Cache(LOCATION_CACHE_MAX)
        self._expected: Final[Cache[Recipient, Location]] = Cache(SUBMITTED_CACHE_MAX)
        """Contracts of admitted transactions that no block has yet."""
        self._submitted: Final[Cache[Hash32, tuple[ShardKey, ShardKey]]] = Cache(
            SUBMITTED_CACHE_MAX
        )
        """The keys of the sender and of the target."""

    async def run(self) -> None:
        """Stay connected to the master and to every slave, as long as the task lives."""
        try:
            await self.root.run()
        finally:
            self.slaves.close()

    # --- accounts

    async def targets_of(self, transactions: Sequence[Transaction]) -> list[Target]:
        """What each transaction goes to; later ones may go to what earlier ones create."""
        named = {one for transaction in transactions for one in self._named(transaction)}
        known = await self._locate_or_expect(named)
        targets = []
        for transaction in transactions:
            target = self._target(transaction, known)
            targets.append(target)
            if transaction.to is None:
                known[_created_by(transaction)] = Location(target.shard_key, True)
        return targets

    async def key_of_target(
        self, to: Recipient | None, sender_key: ShardKey, access_list: AccessList
    ) -> ShardKey:
        """The key that the frames of a transaction get; without `to` it creates a contract."""
        if to is not None and to not in self._everywhere:
            return (await self.locate([to]))[to].shard_key
        dependencies = _dependencies(access_list)
        known = await self._locate_or_expect(set(dependencies))
        return self._chosen_key(sender_key, dependencies, known)

    async def locate(self, recipients: Sequence[Recipient]) -> dict[Recipient, Location]:
        """Where each recipient lives: under its contract's key, or its home key."""
        known = {recipient: self._locations.get(recipient) for recipient in recipients}
        unknown = [recipient for recipient, location in known.items() if location is None]
        if unknown:
            asked_at = self.root.head().number
            found = await self._ask_directory(unknown)
            known.update(found)
            if self.root.head().number == asked_at:  # else a newer block may have said more
                for recipient, location in found.items():
                    self._locations.put(recipient, location)
        return {one: location for one, location in known.items() if location is not None}

    def is_everywhere(self, recipient: Recipient) -> bool:
        """Whether every shard has this contract, and no key."""
        return recipient in self._everywhere

    async def key_of(self, recipient: Recipient, caller_key: ShardKey) -> ShardKey:
        """The key that a frame at `recipient` has when something under `caller_key` calls it."""
        if recipient in self._everywhere:
            return caller_key
        return (await self.locate([recipient]))[recipient].shard_key

    def shard_of_key(self, key: ShardKey) -> ShardId:
        """The shard that holds a key now."""
        return shard_of(key, self.root.head().shard_count)

    # --- transactions on their way

    def origin_of(self, transaction: Transaction) -> ShardId:
        """The shard of the account that a transaction is from."""
        return self.shard_of_key(transaction.origin_key)

    def remember(self, admitted: Transaction, target: Target) -> None:
        """A transaction was admitted: look for it first where it is and where it goes.

        One that creates a contract says where the contract will live, so that it can be called right
        away, in the nonce order of one sender, before any block has it.
        """
        keys = admitted.origin_key, target.shard_key
        self._submitted.put(admitted.hash, keys)
        if admitted.to is None:
            self._expected.put(_created_by(admitted), Location(target.shard_key, True))

    def likely_slaves(self, transaction_hash: Hash32) -> list[str]:
        """The slaves that may well hold a transaction which was admitted here, the likeliest first.

        It waits in its sender's shard; a transfer's receipt is there, a call's in its target's shard.
        """
        keys = self._submitted.get(transaction_hash) or ()
        return list(dict.fromkeys(self.slaves.holder(self.shard_of_key(key)) for key in keys))

    # --- questions

    async def ask_at(
        self, key: ShardKey, question: Callable[[ShardId, int], KeyQuestion], kind: type[Answer]
    ) -> Answer | None:
        """Ask about what lives under a key, and may not exist. Raises Unavailable.

        `question` makes one for a shard and a shard count.
        """

        async def attempt() -> Answer | None:
            shard_count = self.root.head().shard_count
            shard_id = shard_of(key, shard_count)
            asked = question(shard_id, shard_count)
            return await self.slaves.ask_optional(self.slaves.holder(shard_id), asked, kind)

        return await self.settled(attempt)

    async def ask_shard(self, question: ShardQuestion, kind: type[Answer]) -> Answer:
        """Ask a shard for what it must have. Raises Unavailable."""

        async def attempt() -> Answer:
            holder = self.slaves.holder(ShardId(question.shard_id))
            return await self.slaves.ask(holder, question, kind)

        return await self.settled(attempt)

    async def find_in_shard(self, question: ShardQuestion, kind: type[Answer]) -> Answer | None:
        """Ask a shard for what it may not have. Raises Unavailable."""

        async def attempt() -> Answer | None:
            holder = self.slaves.holder(ShardId(question.shard_id))
            return await self.slaves.ask_optional(holder, question, kind)

        return await self.settled(attempt)

    async def settled(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """What an attempt comes to; it is repeated when somebody sent it elsewhere. Raises Unavailable."""
        while True:
            known = self.arrangement
            with contextlib.suppress(Elsewhere):
                return await attempt()
            await self.rearranged(known)

    @property
    def arrangement(self) -> Arrangement:
        """The one that this gateway knows. Raises Unavailable."""
        return Arrangement(self.root.head().shard_count, self.slaves.topology.version)

    async def rearranged(self, known: Arrangement) -> None:
        """Wait until another arrangement is known. Raises Unavailable."""
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT_MS / 1000):
                while self.arrangement == known:
                    await self._news.wait()
        except TimeoutError as error:
            raise Unavailable("shards are being moved") from error

    # --- within

    def _target(self, tx: Transaction, known: Mapping[Recipient, Location]) -> Target:
        if tx.to_key is not None:
            runs_code = tx.to is None or tx.to in self._everywhere or known[tx.to].is_contract
            return Target(tx.to_key, runs_code)
        if tx.to is None or tx.to in self._everywhere:
            dependencies = _dependencies(tx.access_list)
            return Target(self._chosen_key(home_key(tx.sender), dependencies, known), True)
        return Target(*known[tx.to])

    def _named(self, tx: Transaction) -> Sequence[Recipient]:
        """Whose locations decide on what a transaction goes to."""
        if tx.to is None or tx.to in self._everywhere:
            return _dependencies(tx.access_list)
        return (tx.to,)

    def _chosen_key(
        self,
        sender_key: ShardKey,
        dependencies: Sequence[Recipient],
        known: Mapping[Recipient, Location],
    ) -> ShardKey:
        """The key of the first dependency that is a contract, else the one that genesis says."""
        for recipient in dependencies:
            location = known.get(recipient)
            if location is not None and location.is_contract:
                return location.shard_key
        return COMMON_KEY if self._genesis.contract_key == "common" else sender_key

    async def _locate_or_expect(self, recipients: Set[Recipient]) -> dict[Recipient, Location]:
        """Where recipients are, or will be once what was admitted is in a block."""
        known = await self.locate(sorted(recipients - self._everywhere))
        for recipient, location in known.items():
            expected = None if location.is_contract else self._expected.get(recipient)
            if expected is not None:
                known[recipient] = expected
        return known

    async def _ask_directory(self, recipients: list[Recipient]) -> dict[Recipient, Location]:
        answer = await self.root.ask(Locate(list(recipients)))
        if not isinstance(answer, Located):
            raise InvalidInput(f"the master answered with {type(answer).__name__}")
        return dict(zip(recipients, answer.locations, strict=True))

    def _take_block(self, block: RootBlock) -> None:
        self._forget_created(block)
        self._tell_news()

    def _rearrange(self, topology: Topology) -> None:
        self.slaves.follow(topology)
        self._tell_news()

    def _tell_news(self) -> None:
        """Let those look who wait for another arrangement."""
        self._news.set()
        self._news = asyncio.Event()

    def _forget_created(self, block: RootBlock) -> None:
        """What a block created may live elsewhere than was known; the directory will say."""
        for summary in block.summaries:
            for address in summary.created:
                self._locations.pop(address.recipient)
                self._expected.pop(address.recipient)


def _created_by(transaction: Transaction) -> Recipient:
    return create_address(transaction.sender, transaction.nonce)


def _dependencies(access_list: AccessList) -> list[Recipient]:
    return [recipient for recipient, _ in access_list[:DEPENDENCIES_MAX]]
