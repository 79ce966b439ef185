"""From changes to rows: what is dropped, and what the history gets to know."""

from __future__ import annotations

from quarkparsec.state.journal import Journal
from quarkparsec.state.sealing import Sealing
from quarkparsec.state.shard_state import ShardState
from quarkparsec.state.stored import read_head
from quarkparsec.state.tables import STORAGE_NODE, account_key, storage_key, storage_node_prefix
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.trie.cache import NodeCache
from quarkparsec.types import home_key
from tests.state.model import ModelEntry, fresh_store, reference_root
from tests.state.words import FRAME_KEY, GENESIS_HASH, SHARD_ID, at_home, slot

OWNER, NEIGHBOUR = at_home(1), at_home(2)
WORDS = {slot(number): 2**200 + number for number in range(20)}


def deleted_and(store: MemoryStore, revive: bool) -> Journal:
    """A journal in which the owner of storage was deleted, and perhaps came back with one word."""
    state = ShardState(store, SHARD_ID, GENESIS_HASH, history=1, archive=False)
    journal = state.journal()
    journal.begin_transaction(FRAME_KEY)
    journal.set_balance(OWNER, 0)
    journal.end_transaction()
    journal.begin_transaction(FRAME_KEY)
    if revive:
        journal.set_balance(OWNER, 7)
        journal.set_storage(OWNER, slot(3), 5)
    return journal


def stored() -> tuple[MemoryStore, Sealing]:
    entry = ModelEntry(home_key(OWNER), 0, 1, storage=WORDS)
    store = fresh_store(
        {OWNER: entry, NEIGHBOUR: ModelEntry(home_key(NEIGHBOUR), 1, 1, b"", WORDS)}
    )
    return store, Sealing(store, NodeCache())


def test_a_deleted_entry_takes_its_storage_along_and_nobody_elses() -> None:
    store, sealing = stored()
    journal = deleted_and(store, revive=False)
    root, accounts = sealing.run(read_head(store).root, journal.changes())
    assert accounts == {OWNER: None}
    assert root == reference_root({NEIGHBOUR: ModelEntry(home_key(NEIGHBOUR), 1, 1, b"", WORDS)})
    assert all(sealing.batch[storage_key(OWNER, slot_)] is None for slot_ in WORDS)
    store.write(sealing.batch, sync=False)
    left = [key for key, _ in store.scan(STORAGE_NODE, prefix_stop(STORAGE_NODE))]
    assert left
    assert all(key.startswith(storage_node_prefix(NEIGHBOUR)) for key in left)


def test_an_entry_that_came_back_has_only_its_new_words() -> None:
    store, sealing = stored()
    journal = deleted_and(store, revive=True)
    root, _ = sealing.run(read_head(store).root, journal.changes())
    revived = ModelEntry(home_key(OWNER), 0, 7, storage={slot(3): 5})
    neighbour = ModelEntry(home_key(NEIGHBOUR), 1, 1, b"", WORDS)
    assert root == reference_root({OWNER: revived, NEIGHBOUR: neighbour})
    written = {slot_: sealing.batch[storage_key(OWNER, slot_)] for slot_ in WORDS}
    assert written == {**dict.fromkeys(WORDS), slot(3): b"\x05"}


def test_the_history_learns_what_each_dropped_slot_held() -> None:
    store, sealing = stored()
    sealing.run(read_head(store).root, deleted_and(store, revive=True).changes())
    held = {slot_: sealing.before[storage_key(OWNER, slot_)] for slot_ in WORDS}
    assert held == {slot_: word.to_bytes(26, "big") for slot_, word in WORDS.items()}
    assert sealing.before[account_key(OWNER)] == store.get(account_key(OWNER))
