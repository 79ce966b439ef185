"""All shards of a cluster in one thread, one transaction a round, which can be split and swept.

A round runs all lanes of all shards and commits their blocks as a shard does. Each block is replayed from its
encoding, and the money of all shards is counted after each step.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.log import Log
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import EMPTY_HASH, keccak
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.outcome import Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.committing import commit_batch
from quarkparsec.shard.division import child_batch, parent_batch
from quarkparsec.shard.labels import labelled
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.lane_sweep import sweep
from quarkparsec.shard.lane_tickets import TicketLane
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.replay import replay
from quarkparsec.state.account import Account
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState, create_state
from quarkparsec.state.stored import decode_account
from quarkparsec.state.tables import ACCOUNT, storage_prefix
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import (
    Address,
    Epoch,
    Gas,
    Hash32,
    Recipient,
    ShardId,
    ShardKey,
    Slot,
    Wei,
    home_key,
    shard_of,
)
from quarkparsec.wire.epoch import Tickets
from tests.reshard.signing import CHAIN_ID, Wish
from tests.shard.shuffling import Lane, Shuffling

BASE_FEE: Final = Wei(7)
COINBASE: Final = Recipient(b"\xc0" * 19 + b"\x01")
RULES: Final = Rules(CHAIN_ID, "prague", Gas(30_000_000), COINBASE)
GENESIS_HASH: Final = Hash32(bytes(32))
NO_DEADLINE_MS: Final = 10**9


class Ending(NamedTuple):
    """What anybody can see of how a transaction ended."""

    status: int
    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    contract: Recipient | None


class OwnEntry(NamedTuple):
    """What counts of an account."""

    nonce: int
    balance: int
    code: bytes
    storage: dict[Slot, int]


class Shards:
    """A cluster without a master."""

    def __init__(
        self,
        count: int,
        entries: Mapping[Address, GenesisEntry],
        universal: Mapping[Recipient, bytes],
    ) -> None:
        self.universal: Final = dict(universal)
        self.epoch = 0
        self.stores: dict[ShardId, MemoryStore] = {}
        self.states: dict[ShardId, ShardState] = {}
        for shard_id in map(ShardId, range(count)):
            here = {
                at: GenesisEntry(ShardKey(shard_id), 1, 0, code, {})
                for at, code in self.universal.items()
            }
            here |= {
                address.recipient: entry
                for address, entry in entries.items()
                if shard_of(address.shard_key, count) == shard_id
            }
            store = MemoryStore()
            create_state(store, GENESIS_HASH, Place(shard_id, count, frozenset(universal)), here)
            self._open(shard_id, store)

    @property
    def count(self) -> int:
        return len(self.states)

    def copy(self) -> Shards:
        """The same once more."""
        again = Shards(0, {}, self.universal)
        again.epoch = self.epoch
        for shard_id, store in self.stores.items():
            again._open(shard_id, store.snapshot())
        return again

    def split(self) -> None:
        """Twice as many shards from now on."""
        before = self.supply()
        for shard_id in list(self.states):
            place, store = self.states[shard_id].place, self.stores[shard_id]
            child = store.snapshot()
            child.write(child_batch(place, Epoch(self.epoch)), sync=True)
            store.write(parent_batch(place), sync=True)
            self.states[shard_id].divide(2 * place.shard_count)
            self._open(place.halves()[1].shard_id, child)
        assert self.supply() == before, "a split makes or loses money"

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left to sweep or to delete."""
        return not any(state.sweep or state.has_garbage for state in self.states.values())

    def clean(self) -> None:
        """Make blocks until everything is swept and deleted."""
        while not self.is_clean:
            self.round(None)

    # --- what there is

    def own(self) -> dict[Address, OwnEntry]:
        """All that counts, wherever it is."""
        return {
            Address(recipient, account.shard_key): self._own_entry(shard_id, recipient, account)
            for shard_id, state in self.states.items()
            for recipient, account in self.entries(shard_id).items()
            if state.is_own(account) and recipient not in self.universal
        }

    def entries(self, shard_id: ShardId) -> dict[Recipient, Account]:
        """All entries of a shard as they are stored."""
        rows = self.stores[shard_id].scan(ACCOUNT, prefix_stop(ACCOUNT))
        return {Recipient(key[len(ACCOUNT) :]): decode_account(row) for key, row in rows}

    def supply(self) -> int:
        return sum(state.own_supply() for state in self.states.values())

    def nonce(self, who: Recipient, key: ShardKey) -> int:
        account = self.states[shard_of(key, self.count)].account(who)
        return account.nonce if account else 0

    def _own_entry(self, shard_id: ShardId, recipient: Recipient, account: Account) -> OwnEntry:
        store, prefix = self.stores[shard_id], storage_prefix(recipient)
        storage = {
            Slot(key[len(prefix) :]): int.from_bytes(word, "big")
            for key, word in store.scan(prefix, prefix_stop(prefix))
        }
        code = self.states[shard_id].code(account.code_hash) if account.has_code else b""
        return OwnEntry(account.nonce, account.balance, code, storage)

    # --- one transaction

    def sign(self, wish: Wish) -> Transaction:
        """With the sender's next nonce."""
        origin = home_key(wish.sender) if wish.key is None else wish.key
        return wish.sign(self.nonce(wish.sender, origin))

    def candidate(self, transaction: Transaction, wish: Wish) -> Candidate:
        """What a gateway makes of it."""
        to = transaction.to
        if transaction.to_key is not None:
            return Candidate(transaction, transaction.to_key, True)
        if to is None or to in self.universal or to in PRECOMPILES["prague"]:
            chosen = home_key(wish.sender) if wish.frame_key is None else wish.frame_key
            return Candidate(transaction, chosen, to is not None)
        key = self._key_of_contract(to)
        return Candidate(transaction, home_key(to) if key is None else key, key is not None)

    def send(self, transaction: Transaction, wish: Wish) -> Ending | None:
        """Run a round with a transaction; None if it wasn't executed."""
        return self.round(self.candidate(transaction, wish))

    def round(self, candidate: Candidate | None) -> Ending | None:
        """One block in every shard."""
        self.epoch += 1
        here = frozenset(self.states)
        neighbours = {each: Neighbourhood(each, self.count, here) for each in here}
        drafts = {each: _Draft(self.states[each].journal(), self.context()) for each in here}
        for shard_id, draft in drafts.items():
            sweep(draft, self.states[shard_id])
        if candidate is not None:
            origin = shard_of(candidate.transaction.origin_key, self.count)
            request = labelled(candidate, RULES)
            run_in_shard(drafts[origin], [request], neighbours[origin], lambda: False)
        self._cross(drafts, neighbours)
        self._commit(drafts)
        return next((end for draft in drafts.values() for end in draft.endings), None)

    def _cross(
        self, drafts: Mapping[ShardId, _Draft], neighbours: Mapping[ShardId, Neighbourhood]
    ) -> None:
        network = Shuffling(Random(0))
        lanes: dict[ShardId, Lane] = {
            each: TicketLane(
                draft, neighbours[each], Tickets(1 + each, self.count, 1_000), NO_DEADLINE_MS
            )
            for each, draft in drafts.items()
        }
        network.run(lanes)
        lanes = {each: TransferLane(draft, neighbours[each]) for each, draft in drafts.items()}
        network.run(lanes)

    def _commit(self, drafts: Mapping[ShardId, _Draft]) -> None:
        before = self.supply()
        tips = sum(draft.tips for draft in drafts.values())
        home = shard_of(home_key(COINBASE), self.count)
        built: dict[ShardId, BuiltBlock] = {}
        for shard_id, draft in drafts.items():
            fees = Wei(tips if shard_id == home else 0)
            built[shard_id] = build_block(self.states[shard_id], draft, fees, self._opening())
            self._check_replay(shard_id, built[shard_id])
        for shard_id, each in built.items():
            store, hashes = self.stores[shard_id], (Hash32(keccak(b"root")),)
            store.write(commit_batch(store, Epoch(self.epoch), hashes, each), sync=False)
            self.states[shard_id].commit(each.state)
        burned = sum(each.summary.burned for each in built.values())
        assert self.supply() == before - burned, "money came from nowhere or went there"

    def _check_replay(self, shard_id: ShardId, built: BuiltBlock) -> None:
        block = ShardBlock.decode(built.block.encode())
        state = self._reopened(shard_id, self.stores[shard_id])
        again = replay(state, block, self._opening())
        assert (again.block, again.receipts) == (built.block, built.receipts)
        assert (again.summary, again.state.batch) == (built.summary, built.state.batch)

    # --- inside

    def _open(self, shard_id: ShardId, store: MemoryStore) -> None:
        self.stores[shard_id] = store
        self.states[shard_id] = self._reopened(shard_id, store)

    def _reopened(self, shard_id: ShardId, store: MemoryStore) -> ShardState:
        return ShardState(store, shard_id, GENESIS_HASH, history=4, archive=False)

    def _key_of_contract(self, at: Recipient) -> ShardKey | None:
        for state in self.states.values():
            account = state.account(at)
            if account and account.code_hash != EMPTY_HASH and state.is_own(account):
                return account.shard_key
        return None

    def _opening(self) -> Opening:
        return Opening(GENESIS_HASH, GENESIS_HASH, self.context())

    def context(self) -> BlockContext:
        return BlockContext(
            chain_id=CHAIN_ID,
            number=self.epoch,
            timestamp=1_700_000_000 + self.epoch,
            gas_limit=RULES.gas_limit,
            base_fee=BASE_FEE,
            coinbase=COINBASE,
            prevrandao=keccak(b"seed"),
            block_hash=lambda number: keccak(str(number).encode()),
            fork="prague",
            universal=frozenset(self.universal),
        )


class _Draft(BlockDraft):
    """Remembers what transactions returned, which no receipt tells."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.endings: Final[list[Ending]] = []

    def include(self, transaction: Transaction, to_key: ShardKey, done: Done) -> None:
        super().include(transaction, to_key, done)
        self.endings.append(
            Ending(done.status, done.gas_used, done.output, done.logs, done.contract)
        )
