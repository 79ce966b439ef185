"""What nobody reads any more goes, piece by piece, and nothing else does."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard import garbage
from quarkparsec.shard.garbage import collect
from quarkparsec.state.tables import CODE, GARBAGE, GARBAGE_CODE, code_key
from quarkparsec.store import MemoryStore, prefix_stop
from quarkparsec.types import Hash32, ShardId
from tests.reshard.scenery import CONTRACTS, RICH, creation_of, entries, universal
from tests.reshard.shards import Shards
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble

LOGS = assemble("0 0 LOG0 STOP")
CODES = {each: LOGS + bytes((number,)) for number, each in enumerate(CONTRACTS)}
PARENT, CHILD = ShardId(0), ShardId(1)


def world() -> Shards:
    shards = Shards(1, entries(CODES, 1), universal(LOGS))
    for number in range(8):
        wish = Wish(RICH[number % 4], CONTRACTS[number])
        assert shards.send(shards.sign(wish), wish) is not None
    return shards


def keys(store: MemoryStore, table: bytes) -> list[bytes]:
    return [key for key, _ in store.scan(table, prefix_stop(table))]


def collect_all(store: MemoryStore) -> int:
    """Collect without any block; how many pieces that took."""
    pieces = 0
    while batch := collect(store):
        store.write(batch, sync=False)
        pieces += 1
    return pieces


def test_where_nothing_was_split_there_is_nothing_to_collect() -> None:
    shards = world()
    assert collect(shards.stores[PARENT]) == {}
    assert not shards.states[PARENT].has_garbage


def sweep(shards: Shards) -> None:
    while any(state.sweep for state in shards.states.values()):
        shards.round(None)


def test_as_long_as_there_is_something_to_sweep_nothing_is_collected() -> None:
    shards = world()
    shards.split()
    assert [collect(store) for store in shards.stores.values()] == [{}, {}]
    sweep(shards)
    assert all(state.has_garbage for state in shards.states.values())


@pytest.mark.parametrize("most", [1, 3, 1_000])
def test_old_blocks_leave_the_new_half(most: int) -> None:
    shards = world()
    shards.split()
    store = shards.stores[CHILD]
    kept = keys(shards.stores[PARENT], rows.ENTRY)
    with patch.object(garbage, "GARBAGE_ROWS_MAX", most):
        sweep(shards)
        assert collect_all(store) >= 8 / most
    for table in (rows.ENTRY, rows.INDEX, rows.BLOOM):
        assert keys(store, table) == []
    assert keys(store, rows.HEADER)[0] == rows.epoch_key(rows.HEADER, 9)
    assert keys(shards.stores[PARENT], rows.ENTRY) == kept


def test_codes_that_only_the_sibling_has_go() -> None:
    shards = world()
    shards.split()
    everything = {keccak(code) for code in CODES.values()}
    shards.clean()
    for shard_id, store in shards.stores.items():
        mine = {each.code_hash for each in shards.entries(shard_id).values()}
        assert everything & codes(store) == everything & mine
        assert len(everything & mine) < len(everything)


def test_a_code_that_is_deployed_again_meanwhile_stays() -> None:
    shards = world()
    gone = CODES[CONTRACTS[2]]
    shards.split()
    with patch.object(garbage, "GARBAGE_ROWS_MAX", 1):
        sweep(shards)
        assert GARBAGE_CODE + keccak(gone) in keys(shards.stores[PARENT], GARBAGE)
        wish = Wish(RICH[0], None, data=creation_of(gone))
        ending = shards.send(shards.sign(wish), wish)
        assert ending is not None
        assert ending.status == 1
        shards.clean()
    assert shards.stores[PARENT].get(code_key(keccak(gone))) == gone


def codes(store: MemoryStore) -> set[Hash32]:
    return {Hash32(key[len(CODE) :]) for key in keys(store, CODE)}
