"""Several shards in one thread: whole rounds of lanes over real states, built into blocks and replayed.

The master's part is played here: which lanes open, the fees, the commit. After every round each block is
replayed from its encoding, and all the money of all shards is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final, NamedTuple

from quarkparsec.chain.block import ShardBlock
from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.chain.legs import Call, Claim, Payment
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import EMPTY_HASH, keccak
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.block_draft import BlockDraft, Invalid, Rerouted
from quarkparsec.shard.labels import labelled
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.lane_tickets import TicketLane
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.shard.opening import Opening
from quarkparsec.shard.replay import replay
from quarkparsec.state.account import Account
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState, create_state
from quarkparsec.store import MemoryStore
from quarkparsec.types import (
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
from tests.shard.shuffling import Lane, Shuffling
from tests.simulation.wallet import CHAIN_ID, Wallet, wallets

SHARD_COUNT: Final = 4
SHARDS: Final = tuple(map(ShardId, range(SHARD_COUNT)))
BASE_FEE: Final = Wei(7)
ETHER: Final = 10**18
COINBASE: Final = Recipient(b"\xc0" * 19 + b"\x01")
"""At home in shard 1."""
RULES: Final = Rules(CHAIN_ID, "prague", Gas(30_000_000), COINBASE)
DEPLOYER: Final = Recipient(b"\x4e" * 20)
"""Where tests put a universal deployer."""
PRICE: Final = 10
"""What all transactions pay for gas: base fee and a tip of 3."""
PARENT: Final = Hash32(bytes(32))
NO_DEADLINE_MS: Final = 10**9
GAS: Final = 1_000_000

PEOPLE: Final = tuple(wallets(SHARD_COUNT, 3).values())
"""Three accounts at home in each shard, each with one ether."""


def contract_at(key: int, number: int = 1) -> Recipient:
    """A recipient whose home key is `key`."""
    return Recipient(b"\xdd" * 12 + number.to_bytes(4, "big") + key.to_bytes(4, "big"))


def sign(wallet: Wallet, nonce: int, to: Recipient | None, **fields: Any) -> Transaction:
    """A transaction for the cluster's chain id that can do about everything."""
    terms = {"gas_limit": GAS, "fee_cap": 100, "tip": PRICE - BASE_FEE}
    return wallet.sign(nonce, to, **(terms | fields))


def home_of(recipient: Recipient) -> ShardId:
    return shard_of(home_key(recipient), SHARD_COUNT)


def number_of(recipient: Recipient) -> int:
    """A recipient as a word of the EVM."""
    return int.from_bytes(recipient, "big")


def nonce_for_home(creator: Recipient, home: int) -> int:
    """The first nonce whose contract is at home in shard `home`."""
    nonce = 0
    while home_of(create_address(creator, nonce)) != home:
        nonce += 1
    return nonce


def salt_for_home(initcode: bytes, home: int) -> int:
    """The same for what the universal deployer makes."""
    salt = 0
    while home_of(create2_address(DEPLOYER, salt, initcode)) != home:
        salt += 1
    return salt


class Done(NamedTuple):
    """Where a transaction has come to stand."""

    shard_id: ShardId
    receipt: Receipt


class Settled(NamedTuple):
    """What a round came to."""

    blocks: dict[ShardId, BuiltBlock]
    invalid: list[Invalid]
    rerouted: list[Rerouted]
    network: Shuffling

    def done(self, transaction: Transaction) -> Done:
        """The only place of a transaction in all blocks."""
        (found,) = self.places(transaction)
        return found

    def places(self, transaction: Transaction) -> list[Done]:
        return [
            Done(shard_id, receipt)
            for shard_id, built in self.blocks.items()
            for entry, receipt in zip(built.block.entries, built.receipts, strict=True)
            if entry.raw == transaction.raw
        ]

    def block(self, shard_id: int) -> ShardBlock:
        return self.blocks[ShardId(shard_id)].block

    def created(self, shard_id: int) -> list[Recipient]:
        """The contracts that the root block will name in this shard."""
        return [address.recipient for address in self.blocks[ShardId(shard_id)].summary.created]

    def legs(self, kind: type, shard_id: int | None = None) -> list[Any]:
        return [
            leg
            for each, built in self.blocks.items()
            for leg in built.block.legs.tickets
            if isinstance(leg, kind) and shard_id in (None, each)
        ]

    @property
    def calls(self) -> list[Call]:
        return self.legs(Call)

    @property
    def payments(self) -> list[Payment]:
        return self.legs(Payment)

    @property
    def claims(self) -> list[Claim]:
        return self.legs(Claim)


class Neighbours:
    """The shards, and what a user sees of them."""

    def __init__(
        self,
        contracts: Mapping[Recipient, bytes] | None = None,
        balances: Mapping[tuple[Recipient, int], int] | None = None,
        universal: Iterable[tuple[Recipient, bytes]] = (),
    ) -> None:
        """`contracts` lie at home with one ether each; `balances`: (who, under which key) → wei."""
        self.universal = dict(universal)
        self.epoch = 0
        entries: dict[ShardId, dict[Recipient, GenesisEntry]] = {
            shard_id: {
                at: GenesisEntry(ShardKey(shard_id), 1, 0, code, {})
                for at, code in self.universal.items()
            }
            for shard_id in SHARDS
        }
        for group in PEOPLE:
            for wallet in group:
                _put(entries, wallet.recipient, home_key(wallet.recipient), ETHER)
        for at, code in (contracts or {}).items():
            _put(entries, at, home_key(at), ETHER, code)
        for (who, key), balance in (balances or {}).items():
            _put(entries, who, key, balance)
        self.states = {
            shard_id: _state(shard_id, entries[shard_id], self.universal) for shard_id in SHARDS
        }
        self.stores = {shard_id: state._store for shard_id, state in self.states.items()}

    # --- what a user sees

    def account(self, who: Recipient, shard_id: int) -> Account | None:
        return self.states[ShardId(shard_id)].account(who)

    def balance(self, who: Recipient, shard_id: int | None = None) -> int:
        """At home, unless a shard is named."""
        shard = shard_of(home_key(who), SHARD_COUNT) if shard_id is None else shard_id
        account = self.account(who, shard)
        return account.balance if account else 0

    def nonce(self, who: Recipient) -> int:
        account = self.account(who, shard_of(home_key(who), SHARD_COUNT))
        return account.nonce if account else 0

    def slot(self, at: Recipient, number: int, shard_id: int | None = None) -> int:
        shard = shard_of(home_key(at), SHARD_COUNT) if shard_id is None else shard_id
        slot = Slot(number.to_bytes(32, "big"))
        return self.states[ShardId(shard)].storage(at, slot)

    def code(self, at: Recipient, shard_id: int) -> bytes:
        account = self.account(at, shard_id)
        if account is None or account.code_hash == EMPTY_HASH:
            return b""
        return self.states[ShardId(shard_id)].code(account.code_hash)

    def supply(self) -> int:
        return sum(state.own_supply() for state in self.states.values())

    def candidate(self, transaction: Transaction, key: int | None = None) -> Candidate:
        """A transaction with the key of its frames, as a gateway resolves it."""
        if transaction.to is None or transaction.to in self.universal:
            chosen = home_key(transaction.sender) if key is None else key
            return Candidate(transaction, ShardKey(chosen), transaction.to is not None)
        known = self._key_of_contract(transaction.to)
        at_home = home_key(transaction.to) if key is None else key
        chosen = at_home if known is None else known
        return Candidate(transaction, ShardKey(chosen), known is not None)

    def _key_of_contract(self, at: Recipient) -> ShardKey | None:
        for shard_id, state in self.states.items():
            account = state.account(at)
            is_contract = account is not None and account.code_hash != EMPTY_HASH
            if account and is_contract and shard_of(account.shard_key, SHARD_COUNT) == shard_id:
                return account.shard_key
        return None

    # --- rounds

    def run(
        self,
        *transactions: Transaction | Candidate,
        random: Random | None = None,
        lost: float = 0.0,
        repeated: float = 0.0,
        present: Iterable[int] = SHARDS,
        deadline_ms: int = NO_DEADLINE_MS,
    ) -> Settled:
        """One round with these transactions in the pools of their senders' shards, and its commit."""
        here = tuple(map(ShardId, present))
        drafts = self._run_in_shard(transactions, here)
        network = Shuffling(random or Random(0), lost, repeated)
        neighbourhoods = {each: Neighbourhood(each, SHARD_COUNT, frozenset(here)) for each in here}
        tickets: dict[ShardId, Lane] = {
            each: TicketLane(
                drafts[each],
                neighbourhoods[each],
                Tickets(1 + each, SHARD_COUNT, 1_000),
                deadline_ms,
            )
            for each in here
        }
        network.run(tickets)
        transfers: dict[ShardId, Lane] = {
            each: TransferLane(drafts[each], neighbourhoods[each]) for each in here
        }
        network.run(transfers)
        return self._commit(drafts, network)

    def _run_in_shard(
        self, transactions: Iterable[Transaction | Candidate], here: tuple[ShardId, ...]
    ) -> dict[ShardId, BlockDraft]:
        self.epoch += 1
        pools: dict[ShardId, list[TransactionCandidate]] = {shard_id: [] for shard_id in here}
        for each in transactions:
            candidate = each if isinstance(each, Candidate) else self.candidate(each)
            origin = shard_of(candidate.transaction.origin_key, SHARD_COUNT)
            pools[origin].append(labelled(candidate, RULES))
        drafts = {}
        for shard_id in here:
            draft = BlockDraft(self.states[shard_id].journal(), self.context())
            neighbourhood = Neighbourhood(shard_id, SHARD_COUNT, frozenset(here))
            run_in_shard(draft, pools[shard_id], neighbourhood, lambda: False)
            drafts[shard_id] = draft
        return drafts

    def _commit(self, drafts: Mapping[ShardId, BlockDraft], network: Shuffling) -> Settled:
        before = self.supply()
        tips = sum(draft.tips for draft in drafts.values())
        home = shard_of(home_key(COINBASE), SHARD_COUNT)
        assert home in drafts or not tips, "the coinbase's home takes part"
        built: dict[ShardId, BuiltBlock] = {}
        for shard_id, draft in drafts.items():
            fees = Wei(tips if shard_id == home else 0)
            built[shard_id] = build_block(self.states[shard_id], draft, fees, self.opening())
            self.check_replay(shard_id, built[shard_id])
        for shard_id, each in built.items():
            self.stores[shard_id].write(each.state.batch, sync=False)
            self.states[shard_id].commit(each.state)
        burned = sum(each.summary.burned for each in built.values())
        assert self.supply() == before - burned, "money came from nowhere or went there"
        return Settled(
            built,
            [refused for each in built.values() for refused in each.invalid],
            [rerouted for each in built.values() for rerouted in each.rerouted],
            network,
        )

    def check_replay(self, shard_id: ShardId, built: BuiltBlock) -> None:
        """The block's encoding makes the same block, receipts and writes."""
        block = ShardBlock.decode(built.block.encode())
        again = replay(self.states[shard_id], block, self.opening())
        assert again.block == built.block
        assert again.receipts == built.receipts
        assert again.summary == built.summary
        assert again.state.batch == built.state.batch

    def opening(self) -> Opening:
        return Opening(PARENT, PARENT, self.context())

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
            fork=RULES.fork,
            universal=frozenset(self.universal),
        )


def _put(
    entries: dict[ShardId, dict[Recipient, GenesisEntry]],
    who: Recipient,
    key: int,
    balance: int,
    code: bytes = b"",
) -> None:
    shard_key = ShardKey(key)
    entry = GenesisEntry(shard_key, 1 if code else 0, balance, code, {})
    entries[shard_of(shard_key, SHARD_COUNT)][who] = entry


def _state(
    shard_id: ShardId, entries: Mapping[Recipient, GenesisEntry], universal: Iterable[Recipient]
) -> ShardState:
    store = MemoryStore()
    place = Place(shard_id, SHARD_COUNT, frozenset(universal))
    create_state(store, PARENT, place, entries)
    return ShardState(store, shard_id, PARENT, history=8, archive=False)
