"""The journal where money and contracts leave a shard, or arrive."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvariantBroken
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.state.journal import Journal
from quarkparsec.types import ShardKey, home_key
from tests.runners.dict_state import DictState
from tests.state.words import FRAME_KEY, OTHER_KEY, PLACE, at_home, away

ALICE, NOBODY, STRANGER, CONTRACT = at_home(1), at_home(2), away(3), at_home(4)
FAR_KEY = ShardKey(0x3002)
"""A key of shard 2."""


@pytest.fixture
def journal() -> Journal:
    state = DictState()
    state.put(ALICE, 100, nonce=5, shard_key=home_key(ALICE))
    state.put(STRANGER, 9, shard_key=FRAME_KEY)
    made = Journal(state, PLACE)
    made.begin_transaction(FRAME_KEY)
    return made


def test_what_is_withdrawn_is_gone_and_an_account_without_anything_too(journal: Journal) -> None:
    journal.withdraw(ALICE, 100)
    journal.withdraw(STRANGER, 9)
    assert (journal.entry(ALICE).exists, journal.entry(ALICE).balance) == (True, 0)
    assert not journal.entry(STRANGER).exists
    with pytest.raises(InvariantBroken):
        journal.withdraw(ALICE, 1)


def test_a_credit_reaches_whoever_is_there_and_makes_an_account_if_nobody_is(
    journal: Journal,
) -> None:
    for who in (ALICE, NOBODY, STRANGER):
        journal.credit(who, OTHER_KEY, 7)
    assert [journal.entry(who).balance for who in (ALICE, NOBODY, STRANGER)] == [107, 7, 16]
    assert journal.entry(NOBODY).shard_key == home_key(NOBODY)
    assert journal.entry(STRANGER).shard_key == FRAME_KEY


def test_a_credit_away_from_home_gets_the_key_that_it_names(journal: Journal) -> None:
    journal.credit(away(8), OTHER_KEY, 7)
    assert journal.entry(away(8)).shard_key == OTHER_KEY


def test_a_stub_takes_the_place_of_what_waited_and_can_be_taken_back(journal: Journal) -> None:
    journal.credit(CONTRACT, OTHER_KEY, 50)
    before = journal.changes()
    journal.begin_transaction(FAR_KEY)
    journal.leave_stub(CONTRACT, FAR_KEY)
    entry = journal.entry(CONTRACT)
    assert (entry.balance, entry.nonce, entry.shard_key) == (0, 0, FAR_KEY)
    assert journal.code(CONTRACT) == FOREIGN_STUB
    assert not journal.is_own(entry)
    journal.rollback(0)
    assert journal.changes() == before
    assert journal.entry(CONTRACT).shard_key == home_key(CONTRACT)


def test_a_balance_before_is_that_of_the_transactions_start(journal: Journal) -> None:
    journal.add_balance(ALICE, 5)
    journal.begin_transaction(FRAME_KEY)
    assert journal.balance_before(journal.entry(ALICE)) == 105
    checkpoint = journal.begin()
    journal.add_balance(ALICE, -30)
    journal.add_balance(ALICE, 40)
    assert journal.balance_before(journal.entry(ALICE)) == 105
    journal.rollback(checkpoint)
    journal.add_balance(ALICE, 1)
    assert journal.balance_before(journal.entry(ALICE)) == 105


def test_what_was_accessed_is_remembered_though_the_frame_is_rolled_back(journal: Journal) -> None:
    checkpoint = journal.begin()
    journal.make_warm(ALICE)
    journal.rollback(checkpoint)
    assert not journal.is_warm(ALICE)
    assert journal.accessed == {ALICE}
    journal.begin_transaction(FRAME_KEY)
    assert journal.accessed == set()


def test_the_key_of_an_entry_is_known_before_it_exists(journal: Journal) -> None:
    assert journal.key_of(ALICE, OTHER_KEY) == home_key(ALICE)
    assert journal.key_of(NOBODY, OTHER_KEY) == home_key(NOBODY)
    assert journal.key_of(STRANGER, OTHER_KEY) == FRAME_KEY
    assert journal.key_of(away(8), OTHER_KEY) == OTHER_KEY
