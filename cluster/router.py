"""Where things are: which slave holds a shard, and which shard an account lives in.

One per gateway. It keeps a connection to the master, which tells it every root block, and one to each
slave. Where an account lives is asked of the master's directory once and remembered until a block creates
a contract there.

A transaction goes to the shard of its sender; what it does elsewhere is the business of the shards. It takes
along the key that its frames will have: that of its target. A creation, or a call of what is in every shard, has
none yet: it takes that of the first contract in its access list, else what genesis says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Final, NamedTuple, TypeVar

from cluster.bus import Credentials, stay_connected
from cluster.identity import Identity
from cluster.peer_link import PeerLink
from cluster.root_follower import RootFollower
from quarkparsec.cache import Cache
from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import InvalidInput, Unavailable
from quarkparsec.limits import DEPENDENCIES_MAX, LOCATION_CACHE_MAX, SUBMITTED_CACHE_MAX
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Locate, Located, Location, Nothing

Answer = TypeVar("Answer")

COMMON_KEY: Final = ShardKey(0)
"""Where contracts live on a chain whose genesis says `contract_key: common`."""


class Target(NamedTuple):
    """What a transaction goes to."""

    shard_key: ShardKey
    """That of its frames."""
    runs_code: bool
    """It creates a contract, or one is known there, or will be."""


class Router:
    """Routes to shards by account, to slaves by shard."""

    def __init__(self, identity: Identity, credentials: Credentials) -> None:
        genesis = identity.genesis
        self.root: Final = RootFollower(identity.config.master, credentials, self._forget_created)
        self._genesis: Final = genesis
        self._everywhere: Final = genesis.universal | PRECOMPILES[genesis.fork]
        self._credentials: Final = credentials
        self._slaves: Final = {slave.name: slave for slave in identity.config.slaves}
        self._links: Final = {name: PeerLink(name) for name in self._slaves}
        self._holder: Final = {
            ShardId(shard): slave.name
            for slave in identity.config.slaves
            for shard in slave.shards
        }
        self._locations: Final[Cache[Recipient, Location]] = Cache(LOCATION_CACHE_MAX)
        self._expected: Final[Cache[Recipient, Location]] = Cache(SUBMITTED_CACHE_MAX)
        """Contracts of admitted transactions that no block has yet."""
        self._submitted: Final[Cache[Hash32, tuple[ShardKey, ShardKey]]] = Cache(
            SUBMITTED_CACHE_MAX
        )
        """The keys of the sender and of the target."""

    async def run(self) -> None:
        """Stay connected to the master and to every slave, as long as the task lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.root.run())
            for name, slave in self._slaves.items():
                link = self._links[name]
                tasks.create_task(stay_connected(slave.host, slave.port, self._credentials, link))

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

    async def shard_of_recipient(self, recipient: Recipient) -> ShardId:
        """The shard whose entry is this account's."""
        return self.shard_of_key(await self.key_of(recipient, home_key(recipient)))

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
        return list(dict.fromkeys(self.slave_of(self.shard_of_key(key)) for key in keys))

    # --- slaves

    @property
    def slaves(self) -> list[str]:
        """The names of all slaves."""
        return list(self._slaves)

    def slave_of(self, shard_id: ShardId) -> str:
        """The name of the slave that holds a shard."""
        return self._holder[shard_id]

    def is_connected(self, slave: str) -> bool:
        """Whether this gateway can reach a slave now."""
        return self._links[slave].connected

    async def ask(self, slave: str, message: Message, kind: type[Answer]) -> Answer:
        """Ask a slave; the answer, of the kind that must come. Raises Unavailable while it is away."""
        answer = await self.ask_optional(slave, message, kind)
        if answer is None:
            raise Unavailable(f"{slave} doesn't have that")
        return answer

    async def ask_optional(
        self, slave: str, message: Message, kind: type[Answer]
    ) -> Answer | None:
        """Ask a slave for what may not exist."""
        answer = await self._links[slave].request(message)
        if isinstance(answer, Nothing):
            return None
        if not isinstance(answer, kind):
            raise InvalidInput(f"{slave} answered with {type(answer).__name__}")
        return answer

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
