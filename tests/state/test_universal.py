"""Universal contracts: one code, and for each key a part of its own."""

from __future__ import annotations

import pytest

from quarkparsec.state.journal import Journal
from quarkparsec.state.place import Place
from quarkparsec.state.universal import part_of, seen_with_part
from quarkparsec.types import ShardId, ShardKey, home_key
from tests.runners.dict_state import DictState
from tests.state.words import CODES, FRAME_KEY, OTHER_KEY, SHARD_COUNT, SHARD_ID, at_home, slot

CONTRACT = at_home(9)
PLACE = Place(SHARD_ID, SHARD_COUNT, frozenset({CONTRACT}))


@pytest.fixture
def journal() -> Journal:
    state = DictState()
    state.put(CONTRACT, code=CODES[0], nonce=2, shard_key=SHARD_ID)
    made = Journal(state, PLACE)
    made.begin_transaction(FRAME_KEY)
    return made


def test_a_part_is_at_home_under_its_key() -> None:
    assert home_key(part_of(CONTRACT, FRAME_KEY)) == FRAME_KEY
    assert part_of(CONTRACT, FRAME_KEY) != part_of(at_home(8), FRAME_KEY)


def test_every_key_has_storage_money_and_nonce_of_its_own(journal: Journal) -> None:
    journal.set_storage(CONTRACT, slot(1), 5)
    journal.add_balance(CONTRACT, 7)
    journal.set_nonce(CONTRACT, 9)
    journal.begin_transaction(OTHER_KEY)
    assert journal.storage(CONTRACT, slot(1)) == 0
    assert journal.entry(CONTRACT).balance == 0
    assert journal.nonce(CONTRACT) == 2
    journal.begin_transaction(FRAME_KEY)
    assert journal.storage(CONTRACT, slot(1)) == 5
    assert journal.entry(CONTRACT).balance == 7
    assert journal.nonce(CONTRACT) == 9


def test_its_code_is_the_same_under_every_key(journal: Journal) -> None:
    for key in (FRAME_KEY, OTHER_KEY):
        journal.begin_transaction(key)
        assert journal.has_code(CONTRACT)
        assert journal.code(CONTRACT) == CODES[0]


def test_what_is_written_is_the_part_and_not_the_contract(journal: Journal) -> None:
    journal.set_storage(CONTRACT, slot(1), 5)
    (changed,) = journal.changes().items()
    part, change = changed
    assert part == part_of(CONTRACT, FRAME_KEY)
    assert change.account is not None
    assert (change.account.nonce, change.account.shard_key) == (2, FRAME_KEY)
    assert not change.account.has_code


def test_a_part_without_money_stays_as_long_as_it_has_storage(journal: Journal) -> None:
    journal.add_balance(CONTRACT, 7)
    journal.set_storage(CONTRACT, slot(1), 5)
    journal.end_transaction()
    journal.begin_transaction(FRAME_KEY)
    journal.add_balance(CONTRACT, -7)
    journal.end_transaction()
    assert journal.storage(CONTRACT, slot(1)) == 5


def test_a_part_that_is_rolled_back_leaves_nothing(journal: Journal) -> None:
    checkpoint = journal.begin()
    journal.set_storage(CONTRACT, slot(1), 5)
    journal.set_nonce(CONTRACT, 8)
    journal.rollback(checkpoint)
    assert journal.changes() == {}
    assert journal.nonce(CONTRACT) == 2


def test_money_sent_to_a_parts_address_is_the_parts(journal: Journal) -> None:
    journal.add_balance(part_of(CONTRACT, FRAME_KEY), 3)
    assert journal.entry(CONTRACT).balance == 3


def test_a_split_divides_the_parts_by_their_keys() -> None:
    halves = Place(ShardId(0), 1).halves()
    for key in map(ShardKey, range(8)):
        owners = [half.owns(home_key(part_of(CONTRACT, key))) for half in halves]
        assert owners == [key % 2 == 0, key % 2 == 1]


def test_what_is_seen_of_one_is_the_contracts_code_and_the_parts_rest(journal: Journal) -> None:
    contract = journal.source.account(CONTRACT)
    assert contract is not None
    assert seen_with_part(contract, None) == contract
    part = contract._replace(nonce=contract.nonce, shard_key=FRAME_KEY)
    journal.add_balance(CONTRACT, 3)
    seen = seen_with_part(contract, journal.entry(CONTRACT).to_account())
    assert seen == part._replace(balance=journal.entry(CONTRACT).to_account().balance)
