"""A shard's state against plain dicts: random epochs of random transactions, and each rule by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest

from cluster.leveldb import LevelDBStore
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt, InvariantBroken, PrunedHistory
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.journal import Journal
from quarkparsec.state.shard_state import SealedState, ShardState, create_state, is_created
from quarkparsec.state.tables import CHANGED, DIFF, SCHEMA_KEY, code_key
from quarkparsec.store import MemoryStore, Store
from quarkparsec.types import (
    Epoch,
    Hash32,
    Recipient,
    ShardId,
    ShardKey,
    home_key,
    shard_of,
)
from tests.state.model import ModelEntry, fresh_store, reference_root
from tests.state.opening import (
    HISTORY,
    new_state,
    open_state,
    rows,
)
from tests.state.words import (
    CODES,
    FRAME_KEY,
    GENESIS_HASH,
    OTHER_KEY,
    PLACE,
    SHARD_COUNT,
    SHARD_ID,
    at_home,
    away,
    slot,
)


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
    create_state(store, GENESIS_HASH, PLACE, {ALICE: rich(5)})
    assert is_created(store)
    with pytest.raises(InvariantBroken):
        create_state(store, GENESIS_HASH, PLACE, {})


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
    create_state(store, GENESIS_HASH, PLACE, {ALICE: rich(5)})
    assert store.synced == [True]


def test_another_chains_database_is_refused() -> None:
    store = fresh_store({})
    with pytest.raises(Corrupt, match="genesis"):
        ShardState(store, SHARD_ID, Hash32(bytes(32)), history=HISTORY, archive=False)


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
    create_state(store, GENESIS_HASH, PLACE, {ALICE: rich(100_000)})
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
