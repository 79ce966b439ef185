"""Reverse diffs against a list of all values that ever were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.state.history import prune, record, table_as_of, value_as_of
from quarkparsec.state.tables import (
    ACCOUNT,
    CHANGED,
    DIFF,
    OLDEST_KEY,
    STORAGE,
    account_key,
    encode_epoch,
    storage_key,
)
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Epoch, Recipient
from tests.state.words import slot

# Neighbours in every way: prefixes of each other's rows, first and last possible, full of 0xff.
KEYS = [
    *(account_key(Recipient(bytes((edge,)) * 20)) for edge in (0, 1, 0xFE, 0xFF)),
    *(storage_key(Recipient(bytes((edge,)) * 20), slot(0)) for edge in (0, 1, 0xFE, 0xFF)),
    *(storage_key(Recipient(b"\xff" * 20), slot(2**256 - edge)) for edge in (1, 2)),
]
EPOCHS = st.lists(
    st.tuples(
        st.integers(1, 3),  # epochs since the last one that changed something
        st.dictionaries(st.sampled_from(KEYS), st.none() | st.binary(min_size=1, max_size=2)),
    ),
    max_size=12,
)

Flat = dict[bytes, bytes]


def written(
    changes: list[tuple[int, dict[bytes, bytes | None]]],
) -> tuple[MemoryStore, list[Flat]]:
    """A store after these epochs, and what every epoch from 0 on left in the flat tables."""
    store, flat = MemoryStore({OLDEST_KEY: encode_epoch(0)}), Flat()
    states = [Flat()]
    for gap, change in changes:
        states += [dict(flat)] * (gap - 1)
        before = {key: flat.get(key) for key in change}
        store.write({**change, **record(before, Epoch(len(states)))}, sync=False)
        for key, value in change.items():
            flat.pop(key, None)
            if value is not None:
                flat[key] = value
        states.append(dict(flat))
    return store, states


@given(EPOCHS)
def test_every_key_reads_as_it_was_after_each_epoch(
    changes: list[tuple[int, dict[bytes, bytes | None]]],
) -> None:
    store, states = written(changes)
    for epoch, flat in enumerate(states):
        assert {key: value_as_of(store, key, Epoch(epoch)) for key in KEYS} == {
            key: flat.get(key) for key in KEYS
        }


@given(EPOCHS, st.integers(0, 30))
def test_pruning_leaves_the_kept_epochs_as_they_were_and_nothing_else(
    changes: list[tuple[int, dict[bytes, bytes | None]]], oldest: int
) -> None:
    store, states = written(changes)
    store.write(prune(store, Epoch(oldest)), sync=False)
    assert store.get(OLDEST_KEY) == encode_epoch(oldest)
    for epoch, flat in enumerate(states):
        if epoch >= oldest:
            assert [value_as_of(store, key, Epoch(epoch)) for key in KEYS] == [
                flat.get(key) for key in KEYS
            ]
    for table in (DIFF, CHANGED):
        epochs = [
            int.from_bytes(key[-8:], "big") for key, _ in store.scan(table, prefix_stop(table))
        ]
        assert all(epoch > oldest for epoch in epochs)


def test_what_is_older_already_is_not_pruned_again() -> None:
    store = MemoryStore({OLDEST_KEY: encode_epoch(7)})
    assert prune(store, Epoch(7)) == {}
    assert prune(store, Epoch(6)) == {}


@given(EPOCHS)
def test_a_whole_table_reads_as_it_was_after_each_epoch(
    changes: list[tuple[int, dict[bytes, bytes | None]]],
) -> None:
    store, states = written(changes)
    for epoch, flat in enumerate(states):
        for table in (ACCOUNT, STORAGE):
            expected = [(key, flat[key]) for key in sorted(flat) if key.startswith(table)]
            assert list(table_as_of(store, table, Epoch(epoch))) == expected
