"""Flat tables, tries and codes of one shard, made by sealing and then doubted."""

from __future__ import annotations

import pytest

from quarkparsec.audit.tables import TableAudit
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Corrupt
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.shard_state import create_state
from quarkparsec.state.tables import code_key
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


def audit(store: MemoryStore, root: Hash32) -> tuple[list[str], int]:
    """What is noted, and shard 1's sum of four."""
    noted: list[str] = []
    balances = TableAudit(store, ShardId(1), 4, Epoch(0), noted.append).check(root)
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
