"""What a committed block leaves on disk can be read back."""

from __future__ import annotations

import pytest

from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Corrupt
from quarkparsec.limits import BLOCK_HASH_WINDOW
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_rows import TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.log_search import find_logs
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Fingerprint, Hash32, ShardKey
from tests.shard.cluster_of_one import ALICE, BOB, CAROL, Driven, summary_of
from tests.simulation.wallet import BLOCK_HASH_PROBE


def driven_over_three_blocks() -> Driven:
    """Block 1: a transfer and a log; block 2: nothing; block 3: two logs."""
    driven = Driven()
    driven.welcome()
    driven.admit(BOB, 0)
    _probe(driven, 0)
    _make_block(driven, 1)
    _make_block(driven, 2)
    _probe(driven, 1)
    _probe(driven, 2)
    _make_block(driven, 3)
    return driven


def test_transactions_and_receipts_are_found_by_hash_and_by_place() -> None:
    blocks = driven_over_three_blocks().machine.blocks
    transaction = BOB.sign(0, CAROL.recipient, 1)
    place = blocks.place(transaction.hash)
    assert place == TransactionPlace(Epoch(1), 0)
    stored = blocks.transaction(place)
    assert stored is not None
    assert stored.entry.raw == transaction.raw
    assert stored.receipt.gas_used == 21_000
    assert blocks.place(Hash32(bytes(32))) is None
    assert blocks.transaction(TransactionPlace(Epoch(1), 2)) is None


def test_a_block_comes_back_whole() -> None:
    driven = driven_over_three_blocks()
    for announced in driven.announced:
        number = announced.block.number
        assert driven.machine.blocks.block(number) == announced.block
        assert driven.machine.blocks.receipts(number) == announced.receipts
    assert driven.machine.blocks.block(Epoch(4)) is None


def test_a_transaction_has_a_fingerprint_and_is_found_by_it() -> None:
    blocks = driven_over_three_blocks().machine.blocks
    for epoch, count in ((1, 2), (2, 0), (3, 2)):
        places = [TransactionPlace(Epoch(epoch), position) for position in range(count)]
        fingerprints = [blocks.fingerprint(place) for place in places]
        assert fingerprints == [(epoch, 1, position) for position in range(count)]
        assert [blocks.place_of(each) for each in fingerprints] == places
        assert blocks.place_of(Fingerprint(Epoch(epoch), 1, count)) is None
    assert blocks.place_of(Fingerprint(Epoch(4), 1, 0)) is None
    with pytest.raises(Corrupt, match="block 4 has transactions and no header"):
        blocks.fingerprint(TransactionPlace(Epoch(4), 0))


def test_a_block_that_lacks_a_transaction_is_corrupt() -> None:
    driven = driven_over_three_blocks()
    driven.store.write({rows.entry_key(TransactionPlace(Epoch(1), 1)): None}, sync=False)
    with pytest.raises(Corrupt, match="1 transactions are there, not 2"):
        driven.machine.blocks.block(Epoch(1))


def test_logs_are_found_in_order_with_their_numbers_in_the_block() -> None:
    store = driven_over_three_blocks().store
    found = find_logs(store, Epoch(0), Epoch(9), LogFilter(frozenset(), ()))
    assert [(one.place.epoch, one.position) for one in found] == [(1, 0), (3, 0), (3, 1)]
    assert found[0].transaction_hash == keccak(_probe_transaction(0).raw)
    assert find_logs(store, Epoch(2), Epoch(2), LogFilter(frozenset(), ())) == []


def test_logs_are_found_by_who_spoke() -> None:
    store = driven_over_three_blocks().store
    everything = find_logs(store, Epoch(1), Epoch(3), LogFilter(frozenset(), ()))
    speaker = everything[1].log.recipient
    assert find_logs(store, Epoch(1), Epoch(3), LogFilter(frozenset({speaker}), ())) == [
        everything[1]
    ]
    nobody = LogFilter(frozenset({ALICE.recipient}), ())
    assert find_logs(store, Epoch(1), Epoch(3), nobody) == []


def test_root_hashes_are_kept_as_long_as_blockhash_can_ask() -> None:
    store = MemoryStore()
    for epoch in range(BLOCK_HASH_WINDOW + 10):
        batch = rows.root_batch(store, Epoch(epoch), (keccak(b"%d" % epoch),))
        store.write(batch, sync=False)
    blocks = BlockStore(store)
    last = BLOCK_HASH_WINDOW + 9
    assert blocks.root_hash(last) == keccak(b"%d" % last)
    assert blocks.root_hash(last + 1 - BLOCK_HASH_WINDOW) is not None
    assert blocks.root_hash(last - 1 - BLOCK_HASH_WINDOW) is None
    assert blocks.root_hash(-1) is None


def test_bytes_that_do_not_decode_are_corruption() -> None:
    driven = driven_over_three_blocks()
    driven.store.write({rows.epoch_key(rows.HEADER, 1): b"\xc0"}, sync=False)
    driven.store.write({rows.entry_key(TransactionPlace(Epoch(1), 0)): b"\xc0"}, sync=False)
    driven.store.write({rows.SEALED: b"\xc0"}, sync=False)
    blocks = driven.machine.blocks
    with pytest.raises(Corrupt):
        blocks.header(Epoch(1))
    with pytest.raises(Corrupt):
        blocks.transaction(TransactionPlace(Epoch(1), 0))
    with pytest.raises(Corrupt):
        blocks.sealed_record()


def _probe_transaction(nonce: int) -> Transaction:
    return ALICE.sign(nonce, None, data=BLOCK_HASH_PROBE, gas_limit=150_000)


def _probe(driven: Driven, nonce: int) -> None:
    transaction = _probe_transaction(nonce)
    driven.carry_out(driven.machine.admit(0, Candidate(transaction, ShardKey(0))))


def _make_block(driven: Driven, epoch: int) -> None:
    driven.open(epoch)
    (sealed,) = driven.seal(epoch)
    driven.commit(summary_of(sealed).block_hash, epoch)
