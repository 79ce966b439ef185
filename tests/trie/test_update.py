"""The batched update, against the reference trie and against itself from nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.nodes import INLINE_BYTES_MAX
from tests.trie.stored_trie import (
    VALUES,
    Changes,
    StoredTrie,
    batches,
    built_at_once,
    key_sets,
    reference_trie,
)

LONG = b"a value that is too long to stand in its parent"


@given(batches(), st.sampled_from([2, 1_000]))
def test_the_root_is_the_reference_tries(updates: list[Changes], nodes_max: int) -> None:
    stored = StoredTrie(nodes_max)
    for changes in updates:
        stored.update(changes)
        assert stored.root == reference_trie(stored.values).root_hash


@given(batches(), st.sampled_from([2, 1_000]))
def test_the_store_holds_the_nodes_of_a_trie_built_at_once_and_no_others(
    updates: list[Changes], nodes_max: int
) -> None:
    stored = StoredTrie(nodes_max)
    for changes in updates:
        stored.update(changes)
        assert stored.nodes == built_at_once(stored.values).nodes


@given(batches())
def test_a_batch_and_its_changes_one_by_one_come_to_the_same(updates: list[Changes]) -> None:
    at_once, one_by_one = StoredTrie(), StoredTrie()
    for changes in updates:
        at_once.update(changes)
        for key, value in changes.items():
            one_by_one.update({key: value})
    assert at_once.root == one_by_one.root
    assert at_once.nodes == one_by_one.nodes


@given(batches(), batches(), st.data())
def test_an_update_that_is_never_written_never_happened(
    updates: list[Changes], aborted: list[Changes], data: st.DataObject
) -> None:
    stored = StoredTrie(data.draw(st.sampled_from([2, 20, 1_000])))
    size = len(next(iter(updates[0]), b"")) if updates else 0
    for changes in updates:
        for thrown_away in aborted:
            stored.trie.update(
                {key: value for key, value in thrown_away.items() if len(key) == size}
            )
        if data.draw(st.booleans()):
            stored.reopen()
        stored.update(changes)
        assert stored.root == reference_trie(stored.values).root_hash


@given(key_sets().flatmap(lambda keys: st.dictionaries(keys, VALUES, max_size=30)))
def test_deleting_every_key_leaves_no_node_behind(values: dict[bytes, bytes]) -> None:
    stored = built_at_once(values)
    stored.update(dict.fromkeys(values))
    assert stored.root == EMPTY_TRIE_ROOT
    assert stored.nodes == {}


@given(batches())
def test_an_update_is_repeatable(updates: list[Changes]) -> None:
    stored = StoredTrie()
    for changes in updates:
        assert stored.trie.update(changes) == stored.trie.update(changes)
        stored.update(changes)


def test_a_deleted_key_leaves_no_node_behind() -> None:
    stored = built_at_once({b"\x11\x11": LONG, b"\x11\x12": LONG, b"\x22\x22": LONG})
    stored.update({b"\x11\x12": None})
    assert set(stored.nodes) == {b"", b"\x01", b"\x02"}


def test_a_leaf_moves_up_when_its_neighbour_goes_and_down_when_one_comes() -> None:
    stored = built_at_once({b"\x11\x11": LONG})
    assert set(stored.nodes) == {b""}
    stored.update({b"\x11\x21": LONG})
    assert set(stored.nodes) == {b"", b"\x01\x01", b"\x01\x01\x01", b"\x01\x01\x02"}
    stored.update({b"\x11\x11": None})
    assert set(stored.nodes) == {b""}


def test_an_extension_that_loses_its_fork_becomes_one_with_what_follows() -> None:
    deep = {b"\x11\x11\x11": LONG, b"\x11\x11\x12": LONG}
    stored = built_at_once({**deep, b"\x11\x22\x22": LONG})
    stored.update({b"\x11\x22\x22": None})
    assert stored.nodes == built_at_once(deep).nodes


def test_a_branch_that_stays_is_not_written_again() -> None:
    stored = built_at_once({b"\x11": LONG, b"\x12": LONG, b"\x22": LONG})
    _, writes = stored.trie.update({b"\x22": None})
    assert set(writes) == {b"", b"\x02"}


def test_a_node_that_becomes_short_moves_into_its_parent() -> None:
    stored = built_at_once({b"\x11": LONG, b"\x22": LONG})
    stored.update({b"\x11": b"short"})
    assert set(stored.nodes) == {b"", b"\x02"}


def test_a_short_root_is_stored_too() -> None:
    stored = built_at_once({b"\x11": b"short"})
    assert len(stored.nodes[b""]) <= INLINE_BYTES_MAX
    assert stored.root == keccak(stored.nodes[b""])


def test_deleting_an_absent_key_changes_nothing() -> None:
    stored = built_at_once({b"\x11\x11": LONG, b"\x11\x12": LONG, b"\x22\x22": LONG})
    before = (stored.root, dict(stored.nodes))
    stored.update({b"\x11\x13": None, b"\x33\x33": None, b"\x12\x00": None})
    assert (stored.root, stored.nodes) == before


def test_deleting_from_an_empty_trie_is_nothing() -> None:
    assert StoredTrie().trie.update({b"\x11": None}) == (EMPTY_TRIE_ROOT, {})


def test_no_change_reads_and_writes_nothing() -> None:
    unreadable = StoredTrie()
    unreadable.root = keccak(b"the root of a trie that isn't here")
    assert unreadable.trie.update({}) == (unreadable.root, {})


@given(batches())
def test_each_node_that_is_written_is_hashed_once_and_no_other_is(updates: list[Changes]) -> None:
    stored, hashed = StoredTrie(), list[bytes]()

    def counted(data: bytes) -> bytes:
        hashed.append(data)
        return keccak(data)

    for changes in updates:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("quarkparsec.trie.update.keccak", counted)
            hashed.clear()
            _, writes = stored.trie.update(changes)
        assert sorted(hashed) == sorted(node for node in writes.values() if node is not None)
        stored.update(changes)
