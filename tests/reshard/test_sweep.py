"""The sweep brings both halves to what is theirs, in bounded pieces that everybody makes alike."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarkparsec.limits import GARBAGE_ROWS_MAX
from quarkparsec.shard import garbage
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.committing import commit_batch
from quarkparsec.shard.lane_sweep import sweep
from quarkparsec.state import sweeping
from quarkparsec.state.account import delegate_of
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.shard_state import ShardState, create_state
from quarkparsec.state.tables import (
    ACCOUNT,
    ACCOUNT_NODE,
    CODE,
    STORAGE,
    STORAGE_NODE,
    code_key,
    storage_prefix,
)
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Address, Epoch, Recipient, ShardId, ShardKey, Slot
from tests.reshard.scenery import CONTRACTS, RICH, at, entries, universal
from tests.reshard.shards import GENESIS_HASH, Shards
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble

STORES = assemble("0 CALLDATALOAD DUP1 SSTORE 0 SLOAD 1 ADD 0 SSTORE STOP")
"""Each call leaves a word more."""
STATE_TABLES = (ACCOUNT, STORAGE, CODE, ACCOUNT_NODE, STORAGE_NODE)


def world(count: int = 1) -> Shards:
    """Contracts of all keys with some storage each, and some codes that several share."""
    codes = {each: STORES + bytes((number % 5,)) for number, each in enumerate(CONTRACTS)}
    shards = Shards(count, entries(codes, count), universal(STORES))
    for number, contract in enumerate(CONTRACTS):
        for word in range(1, 3 + number):
            wish = Wish(RICH[number % 4], contract, data=word.to_bytes(32, "big"))
            ending = shards.send(shards.sign(wish), wish)
            assert ending is not None
            assert ending.status == 1
    return shards


def rows(store: MemoryStore, *tables: bytes) -> list[tuple[bytes, bytes]]:
    return [row for table in tables for row in store.scan(table, prefix_stop(table))]


def expected_entry(shards: Shards, shard_id: ShardId, who: Recipient) -> GenesisEntry | None:
    """What a shard holds of an entry in the end, said once more in the words of the design."""
    account, store = shards.entries(shard_id)[who], shards.stores[shard_id]
    code = store.get(code_key(account.code_hash)) or b""
    if shards.states[shard_id].is_own(account) or who in shards.universal:
        prefix = storage_prefix(who)
        words = {
            Slot(key[len(prefix) :]): int.from_bytes(word, "big")
            for key, word in rows(store, prefix)
        }
        return GenesisEntry(account.shard_key, account.nonce, account.balance, code, words)
    if code and delegate_of(code) is None:
        return GenesisEntry(account.shard_key, account.nonce, 0, FOREIGN_STUB, {})
    if account.nonce:
        return GenesisEntry(account.shard_key, account.nonce, 0, b"", {})
    return None


def expected_store(shards: Shards, shard_id: ShardId) -> MemoryStore:
    """A store that has never held anything but that."""
    wanted = {who: expected_entry(shards, shard_id, who) for who in shards.entries(shard_id)}
    store, place = MemoryStore(), shards.states[shard_id].place
    create_state(store, GENESIS_HASH, place, {who: each for who, each in wanted.items() if each})
    return store


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([1, 2]), st.integers(1, 40), st.integers(1, 60), st.integers(1, 50))
def test_a_swept_half_is_as_if_it_had_never_held_anything_else(
    count: int, most: int, scanned: int, rows_most: int
) -> None:
    shards = world(count)
    shards.split()
    expected = {each: expected_store(shards, each) for each in shards.states}
    with (
        patch.object(sweeping, "SWEEP_ENTRIES_MAX", most),
        patch.object(sweeping, "SWEEP_SCANNED_MAX", scanned),
        patch.object(garbage, "GARBAGE_ROWS_MAX", rows_most),
    ):
        shards.clean()
    for shard_id, store in shards.stores.items():
        assert rows(store, *STATE_TABLES) == rows(expected[shard_id], *STATE_TABLES)
        assert shards.states[shard_id].root == reopened(shards, shard_id).root


def reopened(shards: Shards, shard_id: ShardId) -> ShardState:
    return shards.copy().states[shard_id]


def test_each_half_holds_about_half() -> None:
    shards = world()
    before = len(rows(shards.stores[ShardId(0)], *STATE_TABLES))
    shards.split()
    shards.clean()
    after = [len(rows(store, *STATE_TABLES)) for store in shards.stores.values()]
    assert max(after) < 0.75 * before


@pytest.mark.parametrize("most", [1, 2, 5])
def test_the_cursor_only_goes_on_and_no_block_sweeps_more_than_it_may(most: int) -> None:
    shards = world()
    shards.split()
    state = shards.states[ShardId(1)]
    seen = [state.sweep]
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", most):
        while state.sweep:
            piece = state.next_piece()
            assert len(piece.rewrites) <= most
            assert all(seen[-1] <= who for who in piece.rewrites)
            assert not piece.cursor or all(who < piece.cursor for who in piece.rewrites)
            shards.round(None)
            assert state.sweep == piece.cursor
            seen.append(state.sweep)
    assert seen == [*sorted(seen[:-1]), b""]
    assert len(seen) > 3


def test_nothing_that_was_taken_back_shows_in_what_is_swept() -> None:
    """Entries that a refused transaction has touched are swept when their turn comes, not before."""
    shards = world()
    shards.split()
    state = shards.states[ShardId(0)]
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", 2):
        quiet, tried = (BlockDraft(state.journal(), shards.context()) for _ in range(2))
        for draft in (quiet, tried):
            sweep(draft, state)
        tried.journal.begin_transaction(ShardKey(0))
        for who in shards.entries(ShardId(0)):
            tried.journal.add_balance(who, 1)
        tried.journal.rollback(0)
        sealed = [
            state.seal(draft.journal, Epoch(shards.epoch + 1), draft.swept)
            for draft in (quiet, tried)
        ]
    assert sealed[0].batch == sealed[1].batch


def test_a_large_contract_goes_in_small_pieces() -> None:
    large = at(0xDD, 9, 1)
    slots = {Slot(number.to_bytes(32, "big")): 1 for number in range(1, 8_000)}
    entry = GenesisEntry(ShardKey(1), 1, 5, STORES, slots)
    shards = Shards(1, {Address(large, ShardKey(1)): entry}, {})
    shards.split()
    store, state = shards.stores[ShardId(0)], shards.states[ShardId(0)]
    rounds = 0
    while state.sweep or state.has_garbage:
        batch = commit_batch(store, Epoch(shards.epoch), (), None)
        assert len(batch) <= GARBAGE_ROWS_MAX + 10
        shards.round(None)
        rounds += 1
    assert rounds > 2 * len(slots) / GARBAGE_ROWS_MAX
    assert rows(store, STORAGE, STORAGE_NODE) == []
    assert len(rows(shards.stores[ShardId(1)], STORAGE)) == len(slots)


def test_what_is_stored_anew_where_garbage_lies_is_all_that_is_there() -> None:
    """A user who went elsewhere with a delegate's storage comes back under another key, and stores."""
    shards = world()
    who = next(
        who
        for who, account in shards.entries(ShardId(0)).items()
        if account.has_code and account.nonce == 5 and account.shard_key == 1
    )
    wish = Wish(RICH[1], who, data=(3).to_bytes(32, "big"))
    ending = shards.send(shards.sign(wish), wish)
    assert ending is not None
    shards.split()
    store, state = shards.stores[ShardId(0)], shards.states[ShardId(0)]
    assert len(rows(store, storage_prefix(who))) == 2
    with patch.object(garbage, "GARBAGE_ROWS_MAX", 1):
        journal = state.journal()
        journal.credit(who, ShardKey(2), 9)
        journal.begin_transaction(ShardKey(2))
        journal.set_storage(who, Slot(bytes(32)), 7)
        sealed = state.seal(journal, Epoch(shards.epoch + 1))
        store.write(sealed.batch, sync=False)
        state.commit(sealed)
    assert [row for _, row in rows(store, storage_prefix(who))] == [b"\x07"]
    account = state.account(who)
    assert account is not None
    assert (account.nonce, account.balance, account.shard_key) == (5, 9, 2)
