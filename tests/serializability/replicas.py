"""Reference copies of the shards, which only ever execute committed bodies, in order, from genesis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.legs import Call
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.division import child_batch, parent_batch
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.opening import BlockHash, open_block_again
from quarkparsec.state.account import Account
from quarkparsec.state.tables import ACCOUNT, storage_prefix
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, Slot, home_key, shard_of
from tests.serializability.reexecution import Question, Reexecution
from tests.serializability.violation import require


class Replica:
    """The reference copy of one shard."""

    def __init__(
        self,
        genesis: Genesis,
        shard_id: ShardId,
        contents: MemoryStore,
        block_hash: Hash32 | None = None,
    ) -> None:
        """`block_hash`: of the last block, unless that is block 0."""
        self.store: Final = contents.snapshot()
        self.state: Final = open_shard(self.store, genesis, shard_id)
        if block_hash is None:
            block_hash = BlockStore(self.store).head_header(self.state).hash
        self.block_hash = block_hash
        self._genesis: Final = genesis

    def apply(
        self, block: ShardBlock, root_hash: BlockHash, questions: list[Question]
    ) -> Reexecution:
        """Execute the next committed block."""
        opening = open_block_again(self._genesis, self.block_hash, block.header, root_hash)
        reexecution = Reexecution(self.state, block, opening)
        built = reexecution.run(questions)
        self.store.write(built.state.batch, sync=True)
        self.state.commit(built.state)
        self.block_hash = built.hash
        return reexecution

    def divide(self, born: Epoch) -> Replica:
        """Be one half from now on; returns the other."""
        place = self.state.place
        store = self.store.snapshot()
        store.write(child_batch(place, born), sync=True)
        self.store.write(parent_batch(place), sync=True)
        self.state.divide(2 * place.shard_count)
        return Replica(self._genesis, place.halves()[1].shard_id, store, self.block_hash)

    def own_entries(self) -> Iterator[tuple[Recipient, Account]]:
        """The entries that count in this shard."""
        for key, encoded in self.store.scan(ACCOUNT, prefix_stop(ACCOUNT)):
            account = Account.decode(encoded)
            if self.state.is_own(account):
                yield Recipient(key[len(ACCOUNT) :]), account

    def own_entry(self, recipient: Recipient) -> Account | None:
        """An entry, if it counts in this shard."""
        account = self.state.account(recipient)
        return account if account is not None and self.state.is_own(account) else None

    def storage(self, recipient: Recipient) -> dict[Slot, int]:
        """All that a contract has stored."""
        prefix = storage_prefix(recipient)
        return {
            Slot(key[len(prefix) :]): int.from_bytes(word, "big")
            for key, word in self.store.scan(prefix, prefix_stop(prefix))
        }


class Replicas:
    """All shards."""

    def __init__(self, genesis: Genesis, contents: Mapping[ShardId, MemoryStore]) -> None:
        self.genesis: Final = genesis
        self.shard_count = genesis.shard_count
        self.shards: Final = {
            shard_id: Replica(genesis, shard_id, store) for shard_id, store in contents.items()
        }
        self._left: Final[dict[tuple[ShardId, Recipient], int]] = {}
        """The nonce of each account that a split left without its shard, in both halves."""

    def apply(
        self, blocks: Mapping[ShardId, ShardBlock], root_hash: BlockHash
    ) -> dict[ShardId, Reexecution]:
        """Execute the shards' blocks of one epoch."""
        questions = self._questions(blocks)
        return {
            shard_id: self.shards[shard_id].apply(block, root_hash, questions.get(shard_id, []))
            for shard_id, block in blocks.items()
        }

    def home_of(self, recipient: Recipient) -> ShardId:
        """The shard of a recipient's home."""
        return shard_of(home_key(recipient), self.shard_count)

    def split(self, born: Epoch) -> None:
        """Every shard is two from now on."""
        for shard_id, replica in list(self.shards.items()):
            nonces = {recipient: account.nonce for recipient, account in replica.own_entries()}
            child = replica.divide(born)
            self.shards[child.state.shard_id] = child
            for half in (shard_id, child.state.shard_id):
                self._left.update(((half, each), nonce) for each, nonce in nonces.items() if nonce)
        self.shard_count *= 2
        self.check_nonces()

    def check_nonces(self) -> None:
        """No transaction from before a split can be executed again, in neither half."""
        views = {shard_id: replica.state.view() for shard_id, replica in self.shards.items()}
        for (shard_id, recipient), nonce in self._left.items():
            for source in (self.shards[shard_id].state, views[shard_id]):
                account = source.account(recipient)
                is_kept = account is not None and account.nonce >= nonce
                require(
                    is_kept, f"shard {shard_id} has forgotten the nonce of 0x{recipient.hex()}"
                )

    def own_balances(self) -> int:
        """The money in all entries that count."""
        return sum(
            account.balance
            for replica in self.shards.values()
            for _, account in replica.own_entries()
        )

    def check_places(self) -> None:
        """Money is with its owner: user accounts are at home, and a contract is at one place."""
        places: dict[Recipient, ShardId] = {}
        for shard_id, replica in self.shards.items():
            for recipient, account in replica.own_entries():
                if recipient in self.genesis.universal:
                    continue
                require(recipient not in places, f"0x{recipient.hex()} is in two shards")
                places[recipient] = shard_id
                is_user = not account.has_code and not account.nonce
                is_at_home = account.shard_key == home_key(recipient)
                require(is_at_home or not is_user, f"0x{recipient.hex()} has money abroad")

    def _questions(self, blocks: Mapping[ShardId, ShardBlock]) -> dict[ShardId, list[Question]]:
        """What calls were told of contracts' homes: the homes must agree, at that very place."""
        questions: dict[ShardId, list[Question]] = {}
        for block in blocks.values():
            for leg in block.legs.tickets:
                for endowment in leg.endowments if isinstance(leg, Call) else ():
                    question = Question(leg.position, leg.ticket, endowment.recipient)
                    questions.setdefault(self.home_of(endowment.recipient), []).append(question)
        return questions
