"""Where things are: which slave holds a shard, and which shard an account lives in.

One per gateway. It keeps a connection to the master, which tells it every root block, and one to each
slave. Where an account lives is asked of the master's directory once and remembered until a block creates
a contract there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from cluster.bus import Credentials, stay_connected
from cluster.identity import Identity
from cluster.peer_link import PeerLink
from cluster.root_follower import RootFollower
from quarkparsec.cache import Cache
from quarkparsec.chain.block import RootBlock
from quarkparsec.chain.creation import create_address
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import InvalidInput, Rejected, Unavailable
from quarkparsec.limits import LOCATION_CACHE_MAX, SUBMITTED_CACHE_MAX
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, home_key, shard_of
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import Locate, Located, Nothing

Answer = TypeVar("Answer")

COMMON_KEY: Final = ShardKey(0)
"""Where contracts live on a chain whose genesis says `contract_key: common`."""


class TargetElsewhere(Rejected):
    """The sender and what it sends to live on different shards."""


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
        self._keys: Final[Cache[Recipient, ShardKey]] = Cache(LOCATION_CACHE_MAX)
        self._expected: Final[Cache[Recipient, ShardKey]] = Cache(SUBMITTED_CACHE_MAX)
        """Contracts of admitted transactions that no block has yet."""
        self._submitted: Final[Cache[Hash32, ShardId]] = Cache(SUBMITTED_CACHE_MAX)

    async def run(self) -> None:
        """Stay connected to the master and to every slave, as long as the task lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.root.run())
            for name, slave in self._slaves.items():
                link = self._links[name]
                tasks.create_task(stay_connected(slave.host, slave.port, self._credentials, link))

    # --- accounts

    async def keys_of(self, transactions: Sequence[Transaction]) -> list[ShardKey]:
        """The shard key that each transaction's target lives under."""
        targets = {tx.to for tx in transactions if tx.to is not None}
        located = await self.locate(sorted(targets - self._everywhere))
        return [self._target_key(tx, located) for tx in transactions]

    async def locate(self, recipients: Sequence[Recipient]) -> dict[Recipient, ShardKey]:
        """The shard key that each recipient lives under: its contract's, or its home key."""
        known = {recipient: self._keys.get(recipient) for recipient in recipients}
        unknown = [recipient for recipient, key in known.items() if key is None]
        if unknown:
            asked_at = self.root.head().number
            keys = await self._ask_directory(unknown)
            known.update(keys)
            if self.root.head().number == asked_at:  # else a newer block may have said more
                for recipient, key in keys.items():
                    self._keys.put(recipient, key)
        return {recipient: key for recipient, key in known.items() if key is not None}

    def common_shard(self, origin: ShardKey, to_key: ShardKey) -> ShardId:
        """The shard of a sender's key, if the target lives there, too. Raises TargetElsewhere."""
        count = self.root.head().shard_count
        shard_id, target = shard_of(origin, count), shard_of(to_key, count)
        if target != shard_id:
            raise TargetElsewhere(
                f"the target lives on shard {target} and the sender on shard {shard_id}: "
                "transactions between shards are not supported yet"
            )
        return shard_id

    def is_everywhere(self, recipient: Recipient) -> bool:
        """Whether every shard has this contract, and no key."""
        return recipient in self._everywhere

    async def key_of(self, recipient: Recipient, caller_key: ShardKey) -> ShardKey:
        """The key that a frame at `recipient` has when something under `caller_key` calls it."""
        if recipient in self._everywhere:
            return caller_key
        return (await self.locate([recipient]))[recipient]

    async def shard_of_recipient(self, recipient: Recipient) -> ShardId:
        """The shard whose entry is this account's."""
        key = await self.key_of(recipient, home_key(recipient))
        return shard_of(key, self.root.head().shard_count)

    # --- transactions on their way

    def remember(self, admitted: Transaction, to_key: ShardKey, shard_id: ShardId) -> None:
        """A transaction was admitted there: look for it there first.

        One that creates a contract says where the contract will live, so that it can be called right
        away, in the nonce order of one sender, before any block has it.
        """
        self._submitted.put(admitted.hash, shard_id)
        if admitted.to is None:
            self._expected.put(create_address(admitted.sender, admitted.nonce), to_key)

    def submitted_to(self, transaction_hash: Hash32) -> ShardId | None:
        """Where a transaction of this gateway was admitted, if that is still known."""
        return self._submitted.get(transaction_hash)

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

    def _target_key(self, tx: Transaction, located: dict[Recipient, ShardKey]) -> ShardKey:
        if tx.to_key is not None:
            return tx.to_key
        if tx.to is None and self._genesis.contract_key == "common":
            return COMMON_KEY
        if tx.to is None or tx.to in self._everywhere:
            return home_key(tx.sender)
        expected = self._expected.get(tx.to)
        return located[tx.to] if expected is None else expected

    async def _ask_directory(self, recipients: list[Recipient]) -> dict[Recipient, ShardKey]:
        answer = await self.root.ask(Locate(list(recipients)))
        if not isinstance(answer, Located):
            raise InvalidInput(f"the master answered with {type(answer).__name__}")
        keys = map(ShardKey, answer.shard_keys)
        return dict(zip(recipients, keys, strict=True))

    def _forget_created(self, block: RootBlock) -> None:
        """What a block created may live elsewhere than was known; the directory will say."""
        for summary in block.summaries:
            for address in summary.created:
                self._keys.pop(address.recipient)
                self._expected.pop(address.recipient)
