"""The journal: what it undoes, what it keeps, whose key a new entry gets."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.access_list import warm_keys
from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import InvariantBroken
from quarkparsec.state.account import Account
from quarkparsec.state.entry import EntryChange
from quarkparsec.state.journal import Journal
from quarkparsec.types import Hash32, Nonce, Recipient, ShardKey, Slot, Wei, home_key
from tests.state.words import (
    CODES,
    FRAME_KEY,
    OTHER_KEY,
    PLACE,
    SHARD_COUNT,
    SHARD_ID,
    at_home,
    away,
    slot,
)

ALICE, BOB, CONTRACT = at_home(1), at_home(2), at_home(3)
CODE = CODES[0]
SOME_ROOT = Hash32(b"\x07" * 32)


class Source:
    """Alice has money, the contract has code and a word in slot 1."""

    def __init__(self) -> None:
        self.accounts = {
            ALICE: Account(Nonce(5), Wei(100), EMPTY_TRIE_ROOT, EMPTY_HASH, home_key(ALICE)),
            CONTRACT: Account(Nonce(1), Wei(7), SOME_ROOT, keccak(CODE), OTHER_KEY),
        }
        self.slots = {(CONTRACT, slot(1)): 11}
        self.asked: list[object] = []

    def account(self, recipient: Recipient) -> Account | None:
        self.asked.append(recipient)
        return self.accounts.get(recipient)

    def storage(self, recipient: Recipient, slot: Slot) -> int:
        self.asked.append((recipient, slot))
        return self.slots.get((recipient, slot), 0)

    def code(self, code_hash: Hash32) -> bytes:
        return {keccak(CODE): CODE}[code_hash]


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def journal(source: Source) -> Journal:
    journal = Journal(source, PLACE)
    journal.begin_transaction(FRAME_KEY)
    return journal


def picture(journal: Journal) -> dict[str, Any]:
    """Everything about the accounts of this file that a frame could see, and what the epoch would write."""
    recipients = (ALICE, BOB, CONTRACT)
    entries = [journal.entry(recipient) for recipient in recipients]
    return {
        "exists": [entry.exists for entry in entries],
        "accounts": [entry.to_account() for entry in entries if entry.exists],
        "created": [entry.created for entry in entries],
        "words": [journal.storage(recipient, slot(n)) for recipient in recipients for n in (1, 2)],
        "originals": [
            journal.original_storage(recipient, slot(n))
            for recipient in recipients
            for n in (1, 2)
        ],
        "transient": [journal.transient_storage(recipient, slot(1)) for recipient in recipients],
        "warm": set(journal.warm),
        "touched": set(journal.touched),
        "burned": journal.burned,
        "changes": journal.changes(),
    }


CHANGES = {
    "set_nonce": lambda journal: journal.set_nonce(ALICE, 6),
    "set_balance": lambda journal: journal.set_balance(ALICE, 50),
    "set_balance of a new account": lambda journal: journal.set_balance(BOB, 1),
    "add_balance": lambda journal: journal.add_balance(ALICE, -10),
    "touch": lambda journal: journal.add_balance(BOB, 0),
    "set_code": lambda journal: journal.set_code(ALICE, CODES[2]),
    "remove code": lambda journal: journal.set_code(CONTRACT, b""),
    "create_contract": lambda journal: journal.create_contract(BOB),
    "create_contract at an account": lambda journal: journal.create_contract(ALICE),
    "set_storage": lambda journal: journal.set_storage(CONTRACT, slot(1), 12),
    "set_storage to 0": lambda journal: journal.set_storage(CONTRACT, slot(1), 0),
    "set_storage anew": lambda journal: journal.set_storage(BOB, slot(2), 12),
    "set_transient_storage": lambda journal: journal.set_transient_storage(ALICE, slot(1), 3),
    "make_warm": lambda journal: journal.make_warm(ALICE),
}


def create_and_destroy(journal: Journal) -> None:
    journal.create_contract(BOB)
    journal.set_nonce(BOB, 1)
    journal.set_code(BOB, CODE)
    journal.set_balance(BOB, 9)
    journal.set_storage(BOB, slot(1), 5)
    journal.destroy(BOB)


def empty_the_contract(journal: Journal) -> None:
    journal.set_nonce(CONTRACT, 0)
    journal.set_balance(CONTRACT, 0)
    journal.set_code(CONTRACT, b"")
    journal.end_transaction()


CHANGES["destroy"] = create_and_destroy
CHANGES["end_transaction"] = empty_the_contract


# --- undo


@pytest.mark.parametrize("name", CHANGES)
def test_a_rollback_undoes(journal: Journal, name: str) -> None:
    before = picture(journal)
    checkpoint = journal.begin()
    CHANGES[name](journal)
    assert picture(journal) != before
    journal.rollback(checkpoint)
    assert picture(journal) == before


PAIRS = [
    (first, second)
    for first in CHANGES
    for second in CHANGES
    # A transaction's end is its end, and no contract is created where there is code.
    if first != "end_transaction"
    and (first, second) != ("set_code", "create_contract at an account")
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_rollback_undoes_the_inner_frame_alone(
    journal: Journal, first: str, second: str
) -> None:
    start = picture(journal)
    CHANGES[first](journal)
    middle, checkpoint = picture(journal), journal.begin()
    CHANGES[second](journal)
    journal.rollback(checkpoint)
    assert picture(journal) == middle
    journal.rollback(0)
    assert picture(journal) == start


def test_what_is_read_in_a_frame_that_is_rolled_back_stays_right(journal: Journal) -> None:
    checkpoint = journal.begin()
    assert journal.storage(CONTRACT, slot(1)) == 11
    journal.rollback(checkpoint)
    assert journal.storage(CONTRACT, slot(1)) == 11
    assert journal.changes() == {}


# --- transactions


def test_warmth_and_transient_storage_end_with_the_transaction(journal: Journal) -> None:
    journal.make_warm(ALICE)
    journal.set_transient_storage(ALICE, slot(1), 3)
    journal.begin_transaction(FRAME_KEY)
    assert not journal.is_warm(ALICE)
    assert journal.transient_storage(ALICE, slot(1)) == 0


def test_the_original_word_is_that_of_the_transactions_start(journal: Journal) -> None:
    journal.set_storage(CONTRACT, slot(1), 12)
    journal.set_storage(CONTRACT, slot(1), 13)
    assert journal.original_storage(CONTRACT, slot(1)) == 11
    journal.begin_transaction(FRAME_KEY)
    assert journal.original_storage(CONTRACT, slot(1)) == 13
    journal.set_storage(CONTRACT, slot(1), 14)
    assert journal.original_storage(CONTRACT, slot(1)) == 13


def test_a_rolled_back_write_leaves_no_original_to_the_next_transaction(journal: Journal) -> None:
    checkpoint = journal.begin()
    journal.set_storage(CONTRACT, slot(1), 12)
    journal.rollback(checkpoint)
    journal.set_storage(CONTRACT, slot(1), 13)
    assert journal.original_storage(CONTRACT, slot(1)) == 11
    journal.begin_transaction(FRAME_KEY)
    assert journal.original_storage(CONTRACT, slot(1)) == 13


def test_a_contract_is_newborn_in_its_own_transaction_only(journal: Journal) -> None:
    journal.create_contract(BOB)
    journal.set_nonce(BOB, 1)
    assert journal.entry(BOB).created
    journal.begin_transaction(FRAME_KEY)
    assert not journal.entry(BOB).created
    with pytest.raises(InvariantBroken):
        journal.destroy(BOB)


def test_an_account_left_empty_goes_with_its_transaction(journal: Journal) -> None:
    journal.set_balance(ALICE, 0)
    journal.end_transaction()
    assert journal.entry(ALICE).exists  # it has a nonce
    journal.add_balance(BOB, 0)
    assert journal.entry(BOB).exists
    journal.end_transaction()
    assert not journal.entry(BOB).exists
    assert list(journal.changes()) == [ALICE]


def test_an_empty_account_that_was_only_touched_in_vain_stays(source: Source) -> None:
    """A touch that was rolled back is no touch (EIP-161), so it deletes nothing."""
    source.accounts[BOB] = Account(Nonce(0), Wei(0), EMPTY_TRIE_ROOT, EMPTY_HASH, home_key(BOB))
    journal = Journal(source, PLACE)
    journal.begin_transaction(FRAME_KEY)
    checkpoint = journal.begin()
    journal.add_balance(BOB, 0)
    journal.rollback(checkpoint)
    journal.end_transaction()
    assert journal.entry(BOB).exists
    journal.add_balance(BOB, 0)
    journal.end_transaction()
    assert not journal.entry(BOB).exists


def test_no_balance_becomes_negative(journal: Journal) -> None:
    with pytest.raises(InvariantBroken):
        journal.add_balance(ALICE, -101)


# --- deletion


def test_a_destroyed_contract_burns_its_balance_and_leaves_nothing(journal: Journal) -> None:
    create_and_destroy(journal)
    journal.end_transaction()
    assert journal.burned == 9
    assert not journal.entry(BOB).exists
    assert journal.storage(BOB, slot(1)) == 0
    assert journal.changes() == {}


def test_an_entry_that_comes_back_starts_with_empty_storage(journal: Journal) -> None:
    empty_the_contract(journal)
    journal.begin_transaction(FRAME_KEY)
    assert journal.storage(CONTRACT, slot(1)) == 0
    journal.set_balance(CONTRACT, 1)
    assert journal.storage(CONTRACT, slot(1)) == 0
    journal.set_storage(CONTRACT, slot(2), 22)
    change = journal.changes()[CONTRACT]
    assert change.drops_storage
    assert change.account is not None
    assert change.account.storage_root == EMPTY_TRIE_ROOT
    assert change.storage == {slot(2): 22}


def test_a_word_written_again_after_deletion_counts_as_a_change(journal: Journal) -> None:
    journal.storage(CONTRACT, slot(1))
    empty_the_contract(journal)
    journal.begin_transaction(FRAME_KEY)
    journal.set_nonce(CONTRACT, 1)
    journal.set_storage(CONTRACT, slot(1), 11)
    assert journal.changes()[CONTRACT].storage == {slot(1): 11}


def test_an_entry_that_is_changed_keeps_its_storage(journal: Journal) -> None:
    journal.set_balance(CONTRACT, 8)
    assert not journal.changes()[CONTRACT].drops_storage


# --- whose key


def test_a_new_account_at_home_takes_its_home_key_whatever_the_frame(journal: Journal) -> None:
    journal.set_balance(BOB, 1)
    assert journal.entry(BOB).shard_key == home_key(BOB) != FRAME_KEY


def test_who_is_paid_away_from_home_keeps_the_home_key(journal: Journal) -> None:
    journal.set_balance(away(1), 1)
    assert journal.entry(away(1)).shard_key == home_key(away(1))
    assert not journal.is_own(journal.entry(away(1)))


def test_who_is_addressed_away_from_home_takes_the_frames_key(journal: Journal) -> None:
    assert not journal.entry(away(1)).exists
    for recipient in (away(1), BOB):
        journal.begin_transaction(OTHER_KEY, recipient)
        journal.set_balance(recipient, 1)
    assert journal.entry(away(1)).shard_key == OTHER_KEY
    assert journal.entry(BOB).shard_key == home_key(BOB)


def test_what_is_left_of_an_account_that_went_elsewhere_makes_room_for_who_is_addressed(
    journal: Journal,
) -> None:
    journal.set_nonce(away(1), 7)
    assert journal.key_of(away(1), OTHER_KEY) == OTHER_KEY
    journal.credit(away(1), OTHER_KEY, 5)
    left = journal.entry(away(1))
    assert (left.shard_key, left.nonce, left.balance) == (OTHER_KEY, 7, 5)


@pytest.mark.parametrize("recipient", [BOB, away(1)])
def test_money_sent_ahead_can_t_capture_a_contracts_key(
    journal: Journal, recipient: Recipient
) -> None:
    journal.set_balance(recipient, 1)
    journal.end_transaction()
    journal.begin_transaction(OTHER_KEY)
    journal.create_contract(recipient)
    assert journal.entry(recipient).shard_key == OTHER_KEY
    assert journal.entry(recipient).balance == 1


def test_a_creation_that_is_rolled_back_leaves_the_accounts_own_key(journal: Journal) -> None:
    checkpoint = journal.begin()
    journal.create_contract(ALICE)
    assert journal.entry(ALICE).shard_key == FRAME_KEY
    journal.rollback(checkpoint)
    assert journal.entry(ALICE).shard_key == home_key(ALICE)


def test_an_entry_with_code_never_gets_another_key(journal: Journal) -> None:
    with pytest.raises(InvariantBroken):
        journal.create_contract(CONTRACT)


def test_an_entry_that_comes_back_gets_its_key_anew(journal: Journal) -> None:
    empty_the_contract(journal)
    journal.begin_transaction(FRAME_KEY)
    journal.set_balance(CONTRACT, 1)
    assert journal.entry(CONTRACT).shard_key == home_key(CONTRACT) != OTHER_KEY


# --- reads and changes


def test_each_account_and_slot_is_read_once(journal: Journal, source: Source) -> None:
    for _ in range(2):
        journal.storage(CONTRACT, slot(1))
        journal.storage(ALICE, slot(1))
    assert source.asked == [CONTRACT, (CONTRACT, slot(1)), ALICE]  # Alice has no storage


def test_code_comes_from_the_epoch_or_from_below(journal: Journal) -> None:
    journal.set_code(ALICE, CODES[1])
    assert journal.code(ALICE) == CODES[1]
    assert journal.code(CONTRACT) == CODE
    assert journal.code(BOB) == b""


def test_changes_name_what_changed_and_nothing_else(journal: Journal, source: Source) -> None:
    journal.set_nonce(ALICE, 6)
    journal.set_nonce(ALICE, 5)
    journal.set_balance(BOB, 3)
    journal.storage(CONTRACT, slot(2))
    journal.set_storage(CONTRACT, slot(1), 12)
    journal.set_storage(CONTRACT, slot(3), 1)
    journal.set_storage(CONTRACT, slot(3), 0)
    bob = Account(Nonce(0), Wei(3), EMPTY_TRIE_ROOT, EMPTY_HASH, home_key(BOB))
    contract = source.accounts[CONTRACT]
    assert journal.changes() == {
        BOB: EntryChange(None, bob, {}, {}),
        CONTRACT: EntryChange(contract, contract, {slot(1): 12}, {slot(1): 11}),
    }


def test_changes_come_in_the_order_of_recipients(journal: Journal) -> None:
    for number in (9, 4, 7):
        journal.set_balance(at_home(number), 1)
    assert list(journal.changes()) == [at_home(4), at_home(7), at_home(9)]


def test_an_access_list_entry_warms_the_recipient_and_its_slots() -> None:
    assert warm_keys(ALICE, [slot(1), slot(2)]) == [ALICE, ALICE + slot(1), ALICE + slot(2)]


def test_home_keys_of_this_file_are_in_the_shard_but_for_the_one_away() -> None:
    assert all(home_key(at_home(number)) % SHARD_COUNT == SHARD_ID for number in range(9))
    assert home_key(away(1)) % SHARD_COUNT != SHARD_ID
    assert ShardKey(FRAME_KEY % SHARD_COUNT) == OTHER_KEY % SHARD_COUNT == SHARD_ID
