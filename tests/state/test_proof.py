"""Proofs of accounts and words, taken by a verifier that isn't ours."""

from __future__ import annotations

import pytest
import rlp

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import Corrupt
from quarkparsec.state.account import Account
from quarkparsec.state.proof import Proof, prove
from quarkparsec.state.stored import read_head
from quarkparsec.state.tables import ACCOUNT_NODE
from quarkparsec.store import MemoryStore
from quarkparsec.types import Recipient, home_key
from tests.state.model import Model, ModelEntry, fresh_store
from tests.state.words import CODES, OTHER_KEY, at_home, slot
from tests.trie.stored_trie import proves

CONTRACT, ABSENT = at_home(1), at_home(99)
WORDS = {slot(number): number**9 for number in range(1, 40)}
MODEL: Model = {
    **{
        at_home(number): ModelEntry(home_key(at_home(number)), 1, number)
        for number in range(2, 40)
    },
    CONTRACT: ModelEntry(OTHER_KEY, 1, 0, CODES[0], WORDS),
}


@pytest.fixture
def store() -> MemoryStore:
    return fresh_store(MODEL)


def is_convincing(store: MemoryStore, recipient: Recipient, proof: Proof) -> bool:
    encoded = proof.account.encode() if proof.account else None
    return proves(read_head(store).root, keccak(recipient), encoded, proof.nodes)


@pytest.mark.parametrize("recipient", [*MODEL, ABSENT])
def test_an_account_or_its_absence_is_proven(store: MemoryStore, recipient: Recipient) -> None:
    proof = prove(store, recipient, [])
    assert (proof.account is None) == (recipient == ABSENT)
    assert is_convincing(store, recipient, proof)


def test_a_proof_for_another_account_convinces_nobody(store: MemoryStore) -> None:
    proof = prove(store, at_home(2), [])
    assert not is_convincing(store, at_home(3), proof)


def test_words_and_zeros_are_proven_against_the_accounts_storage_root(store: MemoryStore) -> None:
    slots = [*WORDS, slot(1_000)]
    proof = prove(store, CONTRACT, slots)
    assert isinstance(proof.account, Account)
    assert [word for word, _ in proof.slots] == [*WORDS.values(), 0]
    for slot_, (word, nodes) in zip(slots, proof.slots, strict=True):
        value = rlp.encode(word) if word else None
        assert proves(proof.account.storage_root, keccak(slot_), value, nodes)
        assert not proves(proof.account.storage_root, keccak(slot_), rlp.encode(5), nodes)


@pytest.mark.parametrize("recipient", [at_home(2), ABSENT])
def test_empty_storage_has_empty_proofs(store: MemoryStore, recipient: Recipient) -> None:
    proof = prove(store, recipient, [slot(1)])
    assert proof.slots == [(0, [])]
    assert proof.account is None or proof.account.storage_root == EMPTY_TRIE_ROOT


def test_an_empty_state_has_empty_proofs() -> None:
    assert prove(fresh_store({}), ABSENT, []) == Proof(None, [], [])


def test_a_damaged_trie_proves_nothing(store: MemoryStore) -> None:
    store.write({ACCOUNT_NODE: store.get(ACCOUNT_NODE + b"\x01")}, sync=True)
    with pytest.raises(Corrupt):
        prove(store, CONTRACT, [])
