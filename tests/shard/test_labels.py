"""Labels: what a transaction says that it touches, known from itself and the genesis alone."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.authorization import Authorization
from quarkparsec.ordering.label import WHOLE_SHARD, Label
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.labels import ALWAYS_WARM, is_payment, labelled
from quarkparsec.types import Gas, Recipient, Slot
from tests.runners.scene import CHAIN_ID, COINBASE, KEY, SENDER, Scene, recipient

RULES = Rules(CHAIN_ID, "prague", Gas(30_000_000), COINBASE)
PAYEE = recipient(9)
BLS_PAIRING = Recipient((0x0F).to_bytes(20, "big"))
AUTHORIZATION = Authorization(CHAIN_ID, PAYEE, 0, 0, 1, 1)
SLOT = Slot((5).to_bytes(32, "big"))


def label_of(
    to: Recipient | None, rules: Rules = RULES, *, runs_code: bool = False, **fields: Any
) -> Label:
    transaction = Scene().transaction(to, **fields)
    return labelled(Candidate(transaction, KEY, runs_code), rules).label


def test_money_names_both_accounts() -> None:
    label = label_of(PAYEE, value=1)
    assert label.eager == label.may == {SENDER, PAYEE}
    assert is_payment(label)


def test_who_pays_himself_is_named_once() -> None:
    assert label_of(SENDER, value=1).eager == {SENDER}


def test_money_to_the_coinbase_names_what_nobody_notices_to_be_touched() -> None:
    assert label_of(COINBASE, value=1).may == {SENDER, COINBASE, ALWAYS_WARM}


def test_an_access_list_names_accounts_and_slots() -> None:
    label = label_of(PAYEE, access_list=((COINBASE, (SLOT,)),), runs_code=True)
    named = {SENDER, PAYEE, COINBASE, COINBASE + SLOT, ALWAYS_WARM}
    assert label.eager == label.may == named
    assert not is_payment(label)


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        (None, {}),
        (PAYEE, {"runs_code": True}),
        (PAYEE, {"authorizations": (AUTHORIZATION,)}),
        (BLS_PAIRING, {}),
    ],
    ids=["creation", "call", "delegation", "precompiled contract"],
)
def test_what_runs_code_takes_the_whole_shard(
    to: Recipient | None, fields: dict[str, Any]
) -> None:
    assert label_of(to, **fields) == WHOLE_SHARD


def test_which_contracts_are_precompiled_depends_on_the_fork() -> None:
    assert is_payment(label_of(BLS_PAIRING, RULES._replace(fork="cancun")))


def test_the_candidate_keeps_what_its_order_depends_on() -> None:
    candidate = Candidate(Scene().transaction(PAYEE, nonce=3), KEY)
    request = labelled(candidate, RULES)
    assert request.executable is candidate
    assert (request.hash, request.sender, request.nonce) == (candidate.transaction.hash, SENDER, 3)
