"""Books of shards that were split pass, swept or not, and a split that isn't one is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import pytest

from quarkparsec.audit.findings import Check
from quarkparsec.chain.block import SWEEP_BEGINS, RootBlock
from quarkparsec.root.root_store import RootStore, block_batch
from quarkparsec.root.split import divide
from quarkparsec.shard import block_rows
from quarkparsec.shard.events import Divide
from quarkparsec.state.stored import decode_account, read_place
from quarkparsec.state.tables import ACCOUNT, PLACE_KEY, SWEEP_KEY, encode_epoch
from quarkparsec.types import Epoch, ShardId, Wei
from tests.audit.books import Books, alter, books_of, put, rows
from tests.simulation.faults import Faults
from tests.simulation.process import Process
from tests.simulation.split_work import SEED, SHARD_COUNT, work
from tests.simulation.world import Machines, World

HALF = ShardId(SHARD_COUNT)
"""The first shard that was split off."""


class Watched(World):
    """Keeps the books of the moment at which the first shard is about to divide."""

    divided: Books | None = None

    def announced(self, process: Process, effect: Any) -> None:
        if isinstance(effect, Divide) and self.divided is None:
            self.divided = books_of(self)
        super().announced(process, effect)


@cache
def _run() -> Watched:
    world = Watched(SEED, Machines(), Faults(), work())
    world.run()
    return world


def books() -> Books:
    """Fresh copies after the split and the sweep."""
    return books_of(_run())


def split_of(made: Books) -> RootBlock:
    """The root block that split the shards."""
    chain = RootStore(made.master)
    blocks = (chain.block(Epoch(epoch)) for epoch in range(made.head + 1))
    return next(block for block in blocks if block and block.shard_count > SHARD_COUNT)


def test_right_books_pass_at_every_epoch_by_replay_the_sweep_and_the_division_included() -> None:
    for after_power_cut in (False, True):
        made = books_of(_run(), after_power_cut=after_power_cut)
        auditor = made.audit(0, made.head, replay=True)
        assert auditor.findings.noted == []
        assert auditor.money is not None
        assert auditor.money.surplus == 0
        assert auditor.checked["blocks run again"] == auditor.checked["shard blocks"] > made.head
        assert auditor.checked["states"] == 2 * SHARD_COUNT


def test_states_from_before_the_end_of_the_sweep_are_made_again() -> None:
    made = books()
    assert made.audit(made.head).checked["blocks run again"] == 0
    split = split_of(made).number
    auditor = made.audit(split - 1, split + 1)
    assert auditor.findings.noted == []
    assert auditor.checked["blocks run again"] > 0


def test_shards_that_have_not_divided_yet_are_divided_and_read_unswept() -> None:
    made = _run().divided
    assert made is not None
    for shard_id in map(ShardId, range(SHARD_COUNT)):
        whole = made.shards[shard_id]
        assert read_place(whole).shard_count == SHARD_COUNT
        made.shards[ShardId(shard_id + SHARD_COUNT)] = whole.snapshot()
    auditor = made.audit()
    assert auditor.findings.noted == []
    assert (auditor.checked["states"], auditor.checked["blocks run again"]) == (4, 0)
    assert made.findings(0, made.head, replay=True) == []


class Tampering(NamedTuple):
    """A change to the books, and the check that finds it."""

    change: Callable[[Books], None]
    check: Check
    words: str


def _alter_split(made: Books, change: Callable[[RootBlock], RootBlock]) -> None:
    block, head = split_of(made), made.head
    made.master.write({**block_batch(change(block)), b"rh": encode_epoch(head)}, sync=False)


def a_half_that_begins_otherwise(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        *others, last = block.summaries
        return replace(block, summaries=(*others, last._replace(transaction_count=1)))

    _alter_split(made, change)


def a_half_that_begins_swept(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        first, *others = block.summaries
        return replace(block, summaries=(first._replace(sweep=b""), *others))

    _alter_split(made, change)


def four_times_as_many(made: Books) -> None:
    def change(block: RootBlock) -> RootBlock:
        summaries = divide(block.summaries)
        return replace(block, summaries=summaries, shard_count=len(summaries))

    _alter_split(made, change)


def a_new_half_as_participant(made: Books) -> None:
    _alter_split(made, lambda block: replace(block, participants=(*block.participants, HALF)))


def a_split_before_all_is_swept(made: Books) -> None:
    parent = RootStore(made.master).block(Epoch(split_of(made).number - 1))
    assert parent is not None
    first, *others = parent.summaries
    summaries = (first._replace(sweep=SWEEP_BEGINS), *others)
    batch = block_batch(replace(parent, summaries=summaries))
    made.master.write({**batch, b"rh": encode_epoch(made.head)}, sync=False)


def an_own_entry_swept(made: Books) -> None:
    place = read_place(made.shards[HALF])
    key, account = next(
        (key, decode_account(row))
        for key, row in rows(made.shards[HALF], ACCOUNT)
        if place.owns(decode_account(row).shard_key) and decode_account(row).balance
    )
    put(made.shards[HALF], key, account._replace(balance=Wei(0)).encode())


def an_entry_left_out(made: Books) -> None:
    place = read_place(made.shards[HALF])
    key, row = next(
        (key, row)
        for key, row in rows(made.shards[ShardId(0)], ACCOUNT)
        if not place.owns(decode_account(row).shard_key) and decode_account(row).balance
    )
    put(made.shards[HALF], key, row)


def a_sweep_that_goes_on(made: Books) -> None:
    put(made.shards[HALF], SWEEP_KEY, SWEEP_BEGINS)


def another_number_of_shards(made: Books) -> None:
    alter(made.shards[HALF], PLACE_KEY, lambda _: read_place(made.shard).halves()[0].encode())


def another_birth(made: Books) -> None:
    put(made.shards[HALF], block_rows.BORN, encode_epoch(made.head))


def an_earlier_birth(made: Books) -> None:
    put(made.shards[HALF], block_rows.BORN, encode_epoch(split_of(made).number - 1))


TAMPERINGS = [
    Tampering(a_half_that_begins_otherwise, "root chain", "shard 3 doesn't begin as the split"),
    Tampering(a_half_that_begins_swept, "root chain", "shard 0 doesn't begin as the split"),
    Tampering(four_times_as_many, "root chain", "8 shards, or who took part"),
    Tampering(a_new_half_as_participant, "root chain", "or who took part"),
    Tampering(a_split_before_all_is_swept, "root chain", "split too early"),
    Tampering(an_own_entry_swept, "supply", "differ from the supply by -"),
    Tampering(an_own_entry_swept, "state", "the accounts give state root"),
    Tampering(an_entry_left_out, "state", "isn't swept"),
    Tampering(a_sweep_that_goes_on, "state", "swept to elsewhere"),
    Tampering(another_number_of_shards, "state", "this is the database of shard"),
    Tampering(another_birth, "state", "the shard's blocks begin after"),
    Tampering(an_earlier_birth, "state", "the shard's blocks begin after"),
]


@pytest.mark.parametrize(
    "tampering", TAMPERINGS, ids=lambda each: f"{each.change.__name__}: {each.words}"
)
def test_tampering_is_found(tampering: Tampering) -> None:
    made = books()
    tampering.change(made)
    found = made.findings(0, made.head)
    assert [
        each for each in found if each.check == tampering.check and tampering.words in each.words
    ], found


def test_a_sweep_by_other_pieces_than_the_rule_s_is_found_by_the_replay() -> None:
    made = books()
    made.piece *= 100
    found = made.findings(0, made.head, replay=True)
    assert found
    assert {each.check for each in found} == {"replay"}
