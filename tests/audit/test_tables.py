"""Flat tables, tries and codes of one shard, made by sealing and then doubted."""

from __future__ import annotations

import pytest

from quarkparsec.audit.tables import TableAudit
from quarkparsec.chain.block import SWEPT
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import create_state
from quarkparsec.state.sweeping import FIRST
from quarkparsec.state.tables import GARBAGE_STORAGE, PLACE_KEY, SWEEP_KEY, code_key
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, ShardKey
from tests.audit.books import put
from tests.state.words import PLACE, slot

CODE = b"\x60\x00"
ACCOUNTS = {
    Recipient(bytes((number,)) * 20): GenesisEntry(
        ShardKey(number), 1, 1_000 + number, CODE, {slot(each): each for each in range(1, number)}
    )
    for number in range(1, 30)
}


def audit(store: MemoryStore, root: Hash32, sweep: bytes = FIRST) -> tuple[list[str], int]:
    """What is noted, and shard 1's sum of four; all entries lie there as before a split."""
    put(store, SWEEP_KEY, sweep)
    noted: list[str] = []
    balances = TableAudit(store, PLACE, Epoch(0), sweep, noted.append).check(root)
    return noted, balances


def created() -> tuple[MemoryStore, Hash32]:
    store = MemoryStore()
    return store, create_state(store, keccak(b"genesis"), PLACE, ACCOUNTS)


def test_the_sum_is_of_own_entries_alone() -> None:
    expected = sum(each.balance for each in ACCOUNTS.values() if each.shard_key % 4 == 1)
    assert audit(*created()) == ([], expected)


def test_an_empty_state_has_an_empty_root() -> None:
    store = MemoryStore()
    assert audit(store, create_state(store, keccak(b"genesis"), PLACE, {})) == ([], 0)


def test_code_with_another_hash_is_found_once_for_all_that_share_it() -> None:
    store, root = created()
    put(store, code_key(keccak(CODE)), b"\x60\x01")
    (words,) = audit(store, root)[0]
    assert "has another hash" in words


def test_missing_code_ends_the_audit_of_the_state() -> None:
    store, root = created()
    put(store, code_key(keccak(CODE)), None)
    with pytest.raises(Corrupt, match="there is no code"):
        audit(store, root)


def test_entries_before_the_cursor_must_be_swept_and_those_after_it_need_not() -> None:
    store, root = created()
    foreign = sorted(each for each, entry in ACCOUNTS.items() if entry.shard_key % 4 != 1)
    words, _ = audit(store, root, foreign[2])
    assert words == [
        f"{each.hex()} is the other half's, but it isn't swept" for each in foreign[:2]
    ]
    assert len(audit(store, root, SWEPT)[0]) == len(foreign)


def test_storage_that_is_listed_as_garbage_belongs_to_nobody() -> None:
    store, root = created()
    busy = max(ACCOUNTS)
    put(store, GARBAGE_STORAGE + busy, b"")
    (words,) = audit(store, root)[0]
    assert words.startswith(f"the slots of {busy.hex()} give storage root {EMPTY_TRIE_ROOT.hex()}")


def test_a_database_of_another_shard_or_swept_to_elsewhere_is_found() -> None:
    store, root = created()
    put(store, PLACE_KEY, Place(ShardId(3), 4).encode())
    noted: list[str] = []
    TableAudit(store, PLACE, Epoch(0), FIRST, noted.append).check(root)
    assert noted == [
        "the database says to be another shard's",
        "the database is swept to elsewhere than the root block says",
    ]
