"""Books that are right pass, and whoever changes a wei, a hash or a row is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

import pytest

from quarkparsec.audit.findings import Check
from quarkparsec.chain.block import RootBlock
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.root.root_store import RootStore, block_batch
from quarkparsec.shard import block_rows
from quarkparsec.shard.block_rows import StoredHeader, TransactionPlace
from quarkparsec.state.stored import decode_account, read_head
from quarkparsec.state.tables import (
    ACCOUNT,
    ACCOUNT_NODE,
    DIFF,
    EPOCH_BYTES,
    HEAD_KEY,
    STORAGE,
    STORAGE_NODE,
    decode_epoch,
    encode_epoch,
    storage_key,
)
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId, Slot, Wei, shard_of
from tests.audit.books import FORGOTTEN, Books, alter, books, books_of, put, rows
from tests.simulation.traffic import draw_traffic
from tests.simulation.world import Machines, World


def test_right_books_pass_at_the_head() -> None:
    auditor = books().audit()
    assert auditor.findings.noted == []
    assert auditor.money is not None
    assert auditor.money.surplus == 0
    assert auditor.money.genesis_supply > auditor.money.supply


def test_right_books_pass_at_every_epoch_by_replay() -> None:
    made = books()
    auditor = made.audit(0, made.head, replay=True)
    assert auditor.findings.noted == []
    assert auditor.checked["root blocks"] == made.head + 1
    assert auditor.checked["blocks run again"] == auditor.checked["shard blocks"] > made.head


def test_states_that_are_kept_are_read_and_older_ones_made_again() -> None:
    made = books()
    kept = made.audit(made.head - 3)
    assert (kept.checked["states"], kept.checked["blocks run again"]) == (8, 0)
    older = made.audit(2, FORGOTTEN)
    assert (older.checked["states"], older.money and older.money.epoch) == (0, FORGOTTEN)
    assert older.checked["blocks run again"] > 0


@pytest.mark.parametrize("seed", range(8))
def test_what_crashes_and_lost_messages_leave_behind_is_in_order(seed: int) -> None:
    world = World(seed, Machines(), traffic=draw_traffic(Random(seed)))
    world.run()
    for after_power_cut in (False, True):
        made = books_of(world, after_power_cut=after_power_cut)
        assert made.findings(0, made.head, replay=True) == []


class Tampering(NamedTuple):
    """A change to the books of the busy shard or of the root chain, and the check that finds it."""

    change: Callable[[Books], None]
    check: Check
    words: str


def a_wei_more(made: Books) -> None:
    key, account = next(
        (key, decode_account(row))
        for key, row in rows(made.shard, ACCOUNT)
        if shard_of(decode_account(row).shard_key, 2) == made.busy
    )
    put(made.shard, key, account._replace(balance=Wei(account.balance + 1)).encode())


def another_word(made: Books) -> None:
    put(made.shard, rows(made.shard, STORAGE)[0][0], b"\x07")


def a_slot_of_nobody(made: Books) -> None:
    put(made.shard, storage_key(Recipient(b"\x05" * 20), Slot(bytes(32))), b"\x07")


def no_account(made: Books) -> None:
    key = next(
        key
        for key, row in rows(made.shard, ACCOUNT)
        if decode_account(row).storage_root != EMPTY_TRIE_ROOT
    )
    put(made.shard, key, None)


def garbage_as_account(made: Books) -> None:
    put(made.shard, rows(made.shard, ACCOUNT)[0][0], b"garbage")


def another_node(made: Books) -> None:
    alter(made.shard, ACCOUNT_NODE, lambda node: node[:-1] + bytes((node[-1] ^ 1,)))


def one_node_too_many(made: Books) -> None:
    put(made.shard, STORAGE_NODE + bytes(21), b"\xc0")


def _alter_root(made: Books, epoch: int, change: Callable[[RootBlock], RootBlock]) -> None:
    chain = RootStore(made.master)
    block, head = chain.block(Epoch(epoch)), chain.head()
    assert block is not None
    made.master.write(
        {**block_batch(change(block)), b"rh": head.number.to_bytes(8, "big")}, sync=False
    )


def no_root_block(made: Books) -> None:
    put(made.master, b"rb" + encode_epoch(3), None)


def a_broken_link(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        return replace(block, header=replace(block.header, parent_hash=Hash32(bytes(32))))

    _alter_root(made, 3, change)


def another_root_base_fee(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        return replace(block, header=replace(block.header, base_fee=Wei(1)))

    _alter_root(made, 3, change)


def more_burned(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        *others, last = block.summaries
        return replace(block, summaries=(*others, last._replace(burned=Wei(last.burned + 1))))

    _alter_root(made, 3, change)


def a_stranger_as_participant(made: Books) -> None:
    everybody = (ShardId(0), ShardId(1))
    chain = RootStore(made.master)
    blocks = [chain.block(Epoch(epoch)) for epoch in range(1, made.head + 1)]
    epoch = next(
        block.number for block in reversed(blocks) if block and block.participants != everybody
    )
    _alter_root(made, epoch, lambda block: replace(block, participants=everybody))


def more_supply(made: Books) -> None:
    _alter_root(made, 3, lambda block: replace(block, supply=Wei(block.supply + 1)))


def no_index_of_root_hashes(made: Books) -> None:
    put(made.master, rows(made.master, b"rn")[5][0], None)


def other_genesis(made: Books) -> None:
    _alter_root(made, 0, lambda block: replace(block, supply=Wei(block.supply + 1)))


def no_shard_block(made: Books) -> None:
    put(made.shard, block_rows.epoch_key(block_rows.HEADER, made.head), None)


def no_transaction(made: Books) -> None:
    put(made.shard, block_rows.entry_key(TransactionPlace(made.head, 0)), None)


def _alter_transaction(
    made: Books, change: Callable[[block_rows.StoredTransaction], block_rows.StoredTransaction]
) -> None:
    key = block_rows.entry_key(TransactionPlace(made.head, 0))
    alter(
        made.shard,
        key,
        lambda row: block_rows.entry_row(change(block_rows.decode_entry_row(row))),
    )


def another_sender(made: Books) -> None:
    sender = Recipient(b"\x05" * 20)
    _alter_transaction(
        made, lambda stored: stored._replace(entry=stored.entry._replace(sender=sender))
    )


def another_status(made: Books) -> None:
    _alter_transaction(
        made,
        lambda stored: stored._replace(
            receipt=stored.receipt._replace(status=1 - stored.receipt.status)
        ),
    )


def another_price(made: Books) -> None:
    _alter_transaction(
        made,
        lambda stored: stored._replace(
            receipt=stored.receipt._replace(effective_gas_price=Wei(1))
        ),
    )


def no_index_of_transactions(made: Books) -> None:
    (key,) = (
        key
        for key, row in rows(made.shard, block_rows.INDEX)
        if row == block_rows.place_row(TransactionPlace(made.head, 0))
    )
    put(made.shard, key, None)


def other_fees(made: Books) -> None:
    _alter_header(made, lambda stored: stored._replace(fees=Wei(stored.fees + 1)))


def another_count(made: Books) -> None:
    _alter_header(
        made, lambda stored: stored._replace(transaction_count=stored.transaction_count + 1)
    )


def _alter_header(made: Books, change: Callable[[StoredHeader], StoredHeader]) -> None:
    def changed(row: bytes) -> bytes:
        return block_rows.header_row(change(block_rows.decode_header_row(row)))

    alter(made.shard, block_rows.epoch_key(block_rows.HEADER, made.head), changed)


def an_epoch_ahead(made: Books) -> None:
    alter(made.shard, HEAD_KEY, lambda head: (made.head + 1).to_bytes(8, "big") + head[8:])


def an_epoch_behind(made: Books) -> None:
    alter(made.shard, HEAD_KEY, lambda head: (made.head - 1).to_bytes(8, "big") + head[8:])
    put(made.shard, block_rows.SEALED, None)


TAMPERINGS = [
    Tampering(a_wei_more, "supply", "by +1 wei"),
    Tampering(a_wei_more, "state", "the accounts give state root"),
    Tampering(a_wei_more, "state", "trie node"),
    Tampering(another_word, "state", "storage root"),
    Tampering(a_slot_of_nobody, "state", "has storage but no account"),
    Tampering(no_account, "state", "has storage but no account"),
    Tampering(garbage_as_account, "state", "malformed"),
    Tampering(another_node, "state", "is missing or another"),
    Tampering(one_node_too_many, "state", "1 stored trie nodes belong to no trie"),
    Tampering(no_root_block, "root chain", "is missing"),
    Tampering(a_broken_link, "root chain", "parent_hash is"),
    Tampering(another_root_base_fee, "root chain", "base_fee is 1"),
    Tampering(more_burned, "root chain", "the supply is"),
    Tampering(more_burned, "root chain", "state_root is"),
    Tampering(a_stranger_as_participant, "root chain", "sealed with another number"),
    Tampering(more_supply, "root chain", "the supply is"),
    Tampering(no_index_of_root_hashes, "root chain", "the index"),
    Tampering(other_genesis, "root chain", "isn't what the genesis file gives"),
    Tampering(no_shard_block, "block", "doesn't have its block"),
    Tampering(no_transaction, "block", "3 transactions are there, not 4"),
    Tampering(another_sender, "block", "signed by somebody else"),
    Tampering(another_status, "block", "receipts root"),
    Tampering(another_price, "block", "in tips"),
    Tampering(no_index_of_transactions, "block", "the index doesn't lead"),
    Tampering(other_fees, "block", "the coinbase was credited"),
    Tampering(another_count, "block", "4 transactions are there, not 5"),
    Tampering(an_epoch_ahead, "state", "1 epochs ahead of the root chain"),
    Tampering(an_epoch_behind, "state", "which the shard has lost"),
]


@pytest.mark.parametrize(
    "tampering", TAMPERINGS, ids=lambda each: f"{each.change.__name__}: {each.words}"
)
def test_tampering_is_found(tampering: Tampering) -> None:
    made = books()
    tampering.change(made)
    found = made.findings()
    assert [
        each for each in found if each.check == tampering.check and tampering.words in each.words
    ], found


def test_a_finding_says_where_and_nothing_else_is_suspected() -> None:
    made = books()
    other_fees(made)
    ((epoch, shard_id, check, _),) = made.findings()
    assert (epoch, shard_id, check) == (made.head, made.busy, "block")


def test_only_a_replay_finds_what_no_root_commits_to() -> None:
    made = books()
    contract = Recipient(b"\x05" * 20)
    _alter_transaction(
        made, lambda stored: stored._replace(receipt=stored.receipt._replace(contract=contract))
    )
    assert made.findings() == []
    assert {each.check for each in made.findings(0, made.head, replay=True)} == {"replay"}


def test_a_replay_ends_where_a_body_is_another_but_the_other_shards_go_on() -> None:
    made = books()
    key, _ = rows(made.shards[ShardId(1)], block_rows.ENTRY)[0]
    put(made.shards[ShardId(1)], key, None)
    epoch = block_rows.epoch_of(key, block_rows.ENTRY)
    found = [each for each in made.findings(0, made.head, replay=True) if each.check == "replay"]
    assert [(each.epoch, each.shard_id) for each in found] == [(epoch, 1)]


def test_a_past_that_was_changed_is_found_when_it_is_asked_for() -> None:
    made = books()
    *_, (key, row) = (
        (key, row)
        for key, row in rows(made.shard, DIFF + ACCOUNT)
        if row and shard_of(decode_account(row).shard_key, 2) == made.busy
    )
    past = decode_epoch(key[-EPOCH_BYTES:]) - 1
    account = decode_account(row)
    put(made.shard, key, account._replace(balance=Wei(account.balance + 1)).encode())
    assert made.findings() == []
    assert {each.check for each in made.findings(past, past)} == {"state", "supply"}


def test_a_sealed_block_that_the_root_chain_holds_counts_as_applied() -> None:
    made = books(after_power_cut=True)
    behind = [
        shard_id
        for shard_id, store in made.shards.items()
        if read_head(store).epoch
        < RootStore(made.master).head().summaries[shard_id].shard_header().number
    ]
    assert behind
    assert made.findings() == []


def test_a_shard_may_be_ahead_of_the_root_chain_only_if_the_cluster_runs() -> None:
    made = books()
    ahead = len(RootStore(made.master).head().participants)
    _forget_last_root_block(made)
    assert [each.words for each in made.findings()] == [
        "the shard is 1 epochs ahead of the root chain"
    ] * ahead
    assert made.audit(at_rest=False).findings.noted == []


def _forget_last_root_block(made: Books) -> None:
    put(made.master, b"rh", encode_epoch(made.head - 1))
