"""The root chain on disk."""

from __future__ import annotations

import pytest

from quarkparsec.errors import Corrupt
from quarkparsec.root.genesis_block import genesis_root_block, open_root_chain
from quarkparsec.root.root_store import RootStore, block_batch, term_batch
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Hash32
from tests.root.two_shards import GENESIS, SLAVES


def test_a_chain_begins_with_genesis_once() -> None:
    store = MemoryStore()
    chain = open_root_chain(store, GENESIS, SLAVES)
    assert chain.head() == genesis_root_block(GENESIS)
    assert open_root_chain(store, GENESIS, SLAVES).head().number == 0


def test_a_block_is_found_by_number_and_by_hash() -> None:
    store = MemoryStore()
    block = genesis_root_block(GENESIS)
    store.write(block_batch(block), sync=True)
    chain = RootStore(store)
    assert chain.block(Epoch(0)) == chain.block_by_hash(block.hash) == block
    assert chain.block(Epoch(1)) is None
    assert chain.block_by_hash(Hash32(bytes(32))) is None


def test_an_empty_store_has_no_head() -> None:
    with pytest.raises(Corrupt):
        RootStore(MemoryStore()).head()


def test_a_block_that_does_not_decode_is_corruption() -> None:
    store = MemoryStore()
    open_root_chain(store, GENESIS, SLAVES)
    key = next(key for key, _ in store.scan(b"rb", b"rc"))
    store.write({key: b"\xc0"}, sync=True)
    with pytest.raises(Corrupt):
        RootStore(store).head()


def test_terms_are_remembered() -> None:
    store = MemoryStore()
    assert RootStore(store).term() == 0
    store.write(term_batch(5), sync=True)
    assert RootStore(store).term() == 5
