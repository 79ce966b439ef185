"""A shard's state against plain dicts: random epochs of random transactions, and each rule by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from cluster.leveldb import LevelDBStore
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt, InvariantBroken, PrunedHistory
from quarkparsec.state.account import delegate_of
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.journal import Journal
from quarkparsec.state.shard_state import SealedState, ShardState, create_state, is_created
from quarkparsec.state.tables import CHANGED, DIFF, SCHEMA_KEY, code_key
from quarkparsec.store import MemoryStore, Store, prefix_stop
from quarkparsec.types import (
    Address,
    Epoch,
    Hash32,
    Recipient,
    ShardId,
    ShardKey,
    Slot,
    home_key,
    shard_of,
)
from tests.state.model import Model, ModelEntry, fresh_store, reference_root, state_rows
from tests.state.words import (
    CODES,
    FRAME_KEY,
    GENESIS_HASH,
    OTHER_KEY,
    SHARD_COUNT,
    SHARD_ID,
    at_home,
    away,
    slot,
)

HISTORY = 3
RECIPIENTS = [*map(at_home, range(1, 6)), *map(away, range(1, 4))]
SLOTS = [slot(number) for number in (0, 1, 2, 2**255)]

recipients = st.sampled_from(RECIPIENTS)
slots = st.sampled_from(SLOTS)
words = st.sampled_from([0, 0, 1, 0x7F, 0x80, 2**256 - 1])


def open_state(store: Store, *, archive: bool = False, history: int = HISTORY) -> ShardState:
    return ShardState(store, SHARD_ID, SHARD_COUNT, GENESIS_HASH, history=history, archive=archive)


def new_state(accounts: dict[Recipient, GenesisEntry] | None = None) -> ShardState:
    store = MemoryStore()
    create_state(store, GENESIS_HASH, accounts or {})
    return open_state(store)


class ShardStateMachine(RuleBasedStateMachine):
    """Epochs on the real state and on the model."""

    @initialize(archive=st.booleans())
    def create(self, archive: bool) -> None:
        self.archive = archive
        self.store = fresh_store({})
        self.state = open_state(self.store, archive=archive)
        self.committed: dict[Epoch, Model] = {Epoch(0): {}}
        self.head = Epoch(0)
        self.begin_epoch()

    def begin_epoch(self) -> None:
        self.journal = self.state.journal()
        self.model: Model = deepcopy(self.committed[self.head])
        self.frames: list[tuple[int, Model]] = []
        self.begin_transaction(FRAME_KEY)

    # --- a transaction

    @rule(frame_key=st.sampled_from([FRAME_KEY, OTHER_KEY]))
    def begin_transaction(self, frame_key: ShardKey) -> None:
        self.frames.clear()
        self.frame_key = frame_key
        self.journal.end_transaction()
        self.model = {who: entry for who, entry in self.model.items() if not entry.is_empty}
        self.journal.begin_transaction(frame_key)

    @rule()
    def begin_frame(self) -> None:
        self.frames.append((self.journal.begin(), deepcopy(self.model)))

    @rule()
    def roll_frame_back(self) -> None:
        if self.frames:
            checkpoint, self.model = self.frames.pop()
            self.journal.rollback(checkpoint)

    def written(self, recipient: Recipient) -> ModelEntry:
        home = home_key(recipient)
        at_home = shard_of(home, SHARD_COUNT) == SHARD_ID
        return self.model.setdefault(recipient, ModelEntry(home if at_home else self.frame_key))

    @rule(recipient=recipients, balance=st.sampled_from([0, 0, 1, 2**200]))
    def set_balance(self, recipient: Recipient, balance: int) -> None:
        self.journal.set_balance(recipient, balance)
        self.written(recipient).balance = balance

    @rule(recipient=recipients, nonce=st.sampled_from([0, 1, 2**64 - 1]))
    def set_nonce(self, recipient: Recipient, nonce: int) -> None:
        self.journal.set_nonce(recipient, nonce)
        self.written(recipient).nonce = nonce

    @rule(recipient=recipients, slot=slots, word=words)
    def set_storage(self, recipient: Recipient, slot: Slot, word: int) -> None:
        self.journal.set_storage(recipient, slot, word)
        self.written(recipient).storage[slot] = word

    @rule(recipient=recipients, code=st.sampled_from([*CODES, b""]))
    def set_code(self, recipient: Recipient, code: bytes) -> None:
        self.journal.set_code(recipient, code)
        self.written(recipient).code = code

    @rule(recipient=recipients)
    def create_contract(self, recipient: Recipient) -> None:
        if not self.journal.entry(recipient).has_code:
            self.journal.create_contract(recipient)
            self.written(recipient).shard_key = self.frame_key

    @rule(recipient=recipients)
    def create_and_destroy(self, recipient: Recipient) -> None:
        if recipient not in self.model:
            self.journal.create_contract(recipient)
            self.journal.set_code(recipient, CODES[0])
            self.journal.set_storage(recipient, SLOTS[0], 1)
            self.journal.destroy(recipient)

    @rule(recipient=recipients, slot=slots)
    def look(self, recipient: Recipient, slot: Slot) -> None:
        entry = self.model.get(recipient)
        assert self.journal.entry(recipient).exists == (entry is not None)
        assert self.journal.storage(recipient, slot) == (
            entry.storage.get(slot, 0) if entry else 0
        )
        assert self.journal.code(recipient) == (entry.code if entry else b"")

    # --- an epoch

    @rule(skipped=st.integers(0, 2))
    def commit(self, skipped: int) -> None:
        self.begin_transaction(FRAME_KEY)
        epoch = Epoch(self.head + 1 + skipped)
        sealed = self.state.seal(self.journal, epoch)
        assert sealed == self.state.seal(self.journal, epoch)
        assert sealed.root == reference_root(self.model)
        assert sealed.created == self.created()
        self.store.write(sealed.batch, sync=False)
        self.state.commit(sealed)
        self.head = epoch
        self.committed[epoch] = deepcopy(self.model)
        self.begin_epoch()
        assert state_rows(self.store) == state_rows(fresh_store(self.model))

    def created(self) -> tuple[Address, ...]:
        before = self.committed[self.head]
        return tuple(
            Address(recipient, entry.shard_key)
            for recipient, entry in sorted(self.model.items())
            if entry.code and delegate_of(entry.code) is None
            if recipient not in before or not before[recipient].code
        )

    @rule()
    def abort(self) -> None:
        self.begin_transaction(FRAME_KEY)
        self.state.seal(self.journal, Epoch(self.head + 1))
        self.begin_epoch()

    @rule()
    def reopen(self) -> None:
        self.state = open_state(self.store, archive=self.archive)
        self.begin_epoch()

    # --- what must always hold

    @invariant()
    def the_head_is_the_last_commit(self) -> None:
        assert self.state.head == self.head
        assert self.state.root == reference_root(self.committed[self.head])
        entries = self.committed[self.head].values()
        own = [e.balance for e in entries if shard_of(e.shard_key, SHARD_COUNT) == SHARD_ID]
        assert self.state.own_supply() == sum(own)

    @invariant()
    def every_epoch_that_is_kept_can_be_read(self) -> None:
        oldest = 0 if self.archive else self.head - HISTORY
        for epoch in range(self.head + 2):
            if epoch < oldest:
                with pytest.raises(PrunedHistory):
                    self.state.view(Epoch(epoch))
            else:
                self.check_view(Epoch(epoch))

    def check_view(self, epoch: Epoch) -> None:
        view = self.state.view(epoch)
        model = self.committed[max(known for known in self.committed if known <= epoch)]
        for recipient in RECIPIENTS:
            account, entry = view.account(recipient), model.get(recipient)
            if entry is None:
                assert account is None
                continue
            assert account is not None
            assert (account.nonce, account.balance) == (entry.nonce, entry.balance)
            assert account.shard_key == entry.shard_key
            assert (view.code(account.code_hash) if account.has_code else b"") == entry.code
            words = {slot: view.storage(recipient, slot) for slot in SLOTS}
            assert words == {slot: entry.storage.get(slot, 0) for slot in SLOTS}

    @invariant()
    def no_history_is_kept_that_nobody_can_read(self) -> None:
        if self.archive:
            return
        for key, _ in [*rows(self.store, DIFF), *rows(self.store, CHANGED)]:
            assert int.from_bytes(key[-8:], "big") > self.head - HISTORY


ShardStateMachine.TestCase.settings = settings(stateful_step_count=80)
test_a_shard_state_does_what_plain_dicts_do = ShardStateMachine.TestCase


def rows(store: MemoryStore, table: bytes) -> list[tuple[bytes, bytes]]:
    return list(store.scan(table, prefix_stop(table)))


# --- each rule by itself


def transact(state: ShardState, balances: dict[Recipient, int]) -> Journal:
    journal = state.journal()
    journal.begin_transaction(FRAME_KEY)
    for recipient, balance in balances.items():
        journal.set_balance(recipient, balance)
    journal.end_transaction()
    return journal


def commit(store: Store, state: ShardState, journal: Journal, epoch: int) -> SealedState:
    sealed = state.seal(journal, Epoch(epoch))
    store.write(sealed.batch, sync=False)
    state.commit(sealed)
    return sealed


ALICE, BOB = at_home(1), at_home(2)


def rich(balance: int) -> GenesisEntry:
    return GenesisEntry(home_key(ALICE), 0, balance, b"", {})


def test_a_state_is_created_once() -> None:
    store = MemoryStore()
    assert not is_created(store)
    create_state(store, GENESIS_HASH, {ALICE: rich(5)})
    assert is_created(store)
    with pytest.raises(InvariantBroken):
        create_state(store, GENESIS_HASH, {})


class WatchedStore(MemoryStore):
    """Remembers which writes were synced."""

    def __init__(self) -> None:
        super().__init__()
        self.synced: list[bool] = []

    def write(self, batch: Mapping[bytes, bytes | None], *, sync: bool) -> None:
        self.synced.append(sync)
        super().write(batch, sync=sync)


def test_creation_is_one_synced_batch() -> None:
    store = WatchedStore()
    create_state(store, GENESIS_HASH, {ALICE: rich(5)})
    assert store.synced == [True]


def test_another_chains_database_is_refused() -> None:
    store = fresh_store({})
    with pytest.raises(Corrupt, match="genesis"):
        ShardState(store, SHARD_ID, SHARD_COUNT, Hash32(bytes(32)), history=HISTORY, archive=False)


def test_another_layouts_database_is_refused() -> None:
    store = fresh_store({})
    store.write({SCHEMA_KEY: b"0"}, sync=True)
    with pytest.raises(Corrupt, match="schema"):
        open_state(store)


def test_an_empty_database_is_refused() -> None:
    with pytest.raises(Corrupt):
        open_state(MemoryStore())


def test_genesis_is_epoch_0_and_has_the_reference_root() -> None:
    model = {
        ALICE: ModelEntry(home_key(ALICE), 3, 10),
        BOB: ModelEntry(OTHER_KEY, 1, 0, CODES[0], {slot(1): 7}),
    }
    state = open_state(fresh_store(model))
    assert (state.head, state.root) == (0, reference_root(model))
    account = state.account(BOB)
    assert account is not None
    assert state.code(account.code_hash) == CODES[0]
    assert state.storage(BOB, slot(1)) == 7


def test_an_empty_genesis_has_the_empty_root() -> None:
    assert new_state().root == EMPTY_TRIE_ROOT


def test_only_code_that_an_entry_has_is_written() -> None:
    state = new_state()
    journal = state.journal()
    journal.begin_transaction(FRAME_KEY)
    checkpoint = journal.begin()
    journal.set_code(ALICE, CODES[0])
    journal.rollback(checkpoint)
    journal.set_code(ALICE, CODES[1])
    batch = state.seal(journal, Epoch(1)).batch
    assert code_key(keccak(CODES[0])) not in batch
    assert batch[code_key(keccak(CODES[1]))] == CODES[1]


def test_what_did_not_change_is_not_written() -> None:
    state = new_state({ALICE: rich(5), BOB: rich(6)})
    quiet = state.seal(transact(state, {ALICE: 5}), Epoch(1))
    assert quiet.root == state.root
    assert quiet.accounts == {}
    assert not [key for key in quiet.batch if key[:1] in b"asctud"]


def test_the_head_shows_what_was_committed_not_what_was_read_before() -> None:
    store = fresh_store({ALICE: ModelEntry(home_key(ALICE), 0, 5)})
    state = open_state(store)
    assert state.account(ALICE) is not None
    commit(store, state, transact(state, {ALICE: 0, BOB: 5}), 1)
    assert state.account(ALICE) is None
    assert state.account(BOB) == state.view().account(BOB) is not None


def test_epochs_only_go_up() -> None:
    store = fresh_store({})
    state = open_state(store)
    sealed = commit(store, state, transact(state, {ALICE: 1}), 2)
    with pytest.raises(InvariantBroken):
        state.seal(state.journal(), Epoch(2))
    with pytest.raises(InvariantBroken):
        state.commit(sealed)


def test_an_epoch_that_was_skipped_reads_as_the_one_before() -> None:
    store = fresh_store({})
    state = open_state(store)
    commit(store, state, transact(state, {ALICE: 1}), 2)
    commit(store, state, transact(state, {ALICE: 2}), 4)
    balances = [state.view(Epoch(epoch)).account(ALICE) for epoch in range(2, 6)]
    assert [account and account.balance for account in balances] == [1, 1, 2, 2]


def test_a_longer_history_doesn_t_bring_back_what_was_pruned() -> None:
    store = fresh_store({})
    state = open_state(store, history=1)
    for epoch in range(1, 6):
        commit(store, state, transact(state, {ALICE: epoch}), epoch)
    longer = open_state(store, history=100)
    commit(store, longer, transact(longer, {ALICE: 6}), 6)
    with pytest.raises(PrunedHistory):
        longer.view(Epoch(3))
    kept = longer.view(Epoch(4)).account(ALICE)
    assert kept is not None
    assert kept.balance == 4


def test_a_shorter_history_is_pruned_little_by_little() -> None:
    store = fresh_store({})
    state = open_state(store, archive=True)
    for epoch in range(1, 61):
        commit(store, state, transact(state, {ALICE: epoch}), epoch)
    assert len(rows(store, CHANGED)) == 60
    state, kept = open_state(store, history=2), list[int]()
    for epoch in range(61, 67):
        commit(store, state, transact(state, {ALICE: epoch}), epoch)
        kept.append(len(rows(store, CHANGED)))
        assert len(rows(store, CHANGED)) == len(rows(store, DIFF))
    assert kept == [45, 30, 15, 2, 2, 2]


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns fifty times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 50)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_threads")
def test_views_agree_with_one_epoch_while_another_thread_commits(tmp_path: Path) -> None:
    store = LevelDBStore(tmp_path / "shard")
    create_state(store, GENESIS_HASH, {ALICE: rich(100_000)})
    state, stop, torn, seen = open_state(store), Event(), list[object](), set[int]()

    def read() -> None:
        while not stop.is_set():
            view = state.view()
            alice, bob = view.account(ALICE), view.account(BOB)
            moved = bob.balance if bob else 0
            seen.add(moved)
            if alice is None or alice.balance != 100_000 - moved or moved != view.epoch:
                torn.append((view.epoch, alice, bob))

    reader, epoch = Thread(target=read), 0
    reader.start()
    while len(seen) < 200 and epoch < 50_000:
        epoch += 1
        commit(store, state, transact(state, {ALICE: 100_000 - epoch, BOB: epoch}), epoch)
    stop.set()
    reader.join()
    store.close()
    assert torn == []
    assert len(seen) >= 200


def test_a_view_stays_what_it_was() -> None:
    store = fresh_store({})
    state = open_state(store, history=1)
    commit(store, state, transact(state, {ALICE: 1}), 1)
    view = state.view(Epoch(1))
    for epoch in range(2, 9):
        commit(store, state, transact(state, {ALICE: epoch}), epoch)
    account = view.account(ALICE)
    assert account is not None
    assert account.balance == 1


def test_own_supply_counts_own_entries_only() -> None:
    foreign = GenesisEntry(ShardKey(2), 0, 1_000, b"", {})
    state = new_state({ALICE: rich(5), BOB: rich(6), away(1): foreign})
    assert state.own_supply() == 11
    assert shard_of(ShardKey(2), SHARD_COUNT) == ShardId(2)
