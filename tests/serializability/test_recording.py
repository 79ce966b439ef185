"""What a recording journal notes."""

from __future__ import annotations

from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.state.shard_state import ShardState
from quarkparsec.types import Recipient, ShardId, ShardKey
from tests.serializability.recording import Access, RecordingJournal
from tests.simulation.scenery import contents_of, genesis_of
from tests.simulation.wallet import wallets

ALICE, BOB, CAROL = (each.recipient for each in wallets(1, 3)[ShardId(0)])


def journal() -> RecordingJournal:
    _, (contents,) = contents_of(1)
    state: ShardState = open_shard(contents.snapshot(), genesis_of(1, 0, 0), ShardId(0))
    return RecordingJournal(state)


def access(reads: set[Recipient], writes: set[Recipient]) -> Access:
    return Access(frozenset(reads), frozenset(writes))


def test_what_is_looked_at_is_read_and_what_changes_is_written() -> None:
    made = journal()
    made.begin_transaction(ShardKey(0))
    made.entry(ALICE)
    made.add_balance(BOB, 1)
    assert made.take_access() == access({ALICE, BOB}, {BOB})


def test_it_begins_anew_when_it_was_asked() -> None:
    made = journal()
    made.entry(ALICE)
    made.take_access()
    made.entry(BOB)
    assert made.take_access() == access({BOB}, set())


def test_what_is_taken_back_was_written_all_the_same() -> None:
    made = journal()
    made.begin_transaction(ShardKey(0))
    made.add_balance(CAROL, 1)
    made.rollback(0)
    assert made.take_access() == access({CAROL}, {CAROL})


def test_a_payment_writes_both_ends() -> None:
    made = journal()
    made.pay(ShardKey(0), ALICE, 7, BOB, 5)
    assert made.take_access() == access({ALICE, BOB}, {ALICE, BOB})
