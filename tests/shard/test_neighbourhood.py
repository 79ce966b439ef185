"""Which lane a transaction takes, and whom it needs."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.outcome import SUCCESS, Done
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.types import Gas, Recipient, ShardId, ShardKey, Wei, home_key, shard_of
from tests.runners.scene import SENDER, Scene, recipient

HERE, THERE, ABSENT = map(ShardId, (0, 2, 3))
NEIGHBOURHOOD = Neighbourhood(HERE, 4, frozenset({HERE, ShardId(1), THERE}))


def to(key: int, runs_code: bool = False, **fields: Any) -> Candidate:
    """A transaction to the recipient of a key."""
    transaction = Scene().transaction(**({"to": recipient(1, home=key)} | fields))
    return Candidate(transaction, ShardKey(key), runs_code)


def creation(home: int, key: int) -> Candidate:
    """A creation under `key` of a contract whose home is shard `home`."""
    nonce = 0
    while shard_of(home_key(create_address(SENDER, nonce)), 4) != home:
        nonce += 1
    transaction: Transaction = Scene().transaction(None, nonce=nonce)
    return Candidate(transaction, ShardKey(key))


@pytest.mark.parametrize("fields", [{}, {"data": b"\1"}, {"value": 5}], ids=str)
def test_what_stays_here_is_for_lane_1(fields: dict[str, Any]) -> None:
    candidate = to(0x10, **fields)
    assert NEIGHBOURHOOD.is_local(candidate)
    assert not NEIGHBOURHOOD.crosses(candidate)


def test_money_for_another_shard_crosses_in_lane_3() -> None:
    candidate = to(0x12, value=5)
    assert not NEIGHBOURHOOD.is_local(candidate)
    assert NEIGHBOURHOOD.is_transfer(candidate)
    assert NEIGHBOURHOOD.crosses(candidate)
    assert NEIGHBOURHOOD.destination_of(candidate) == THERE


@pytest.mark.parametrize(
    "candidate",
    [
        to(0x12, runs_code=True),
        to(0x12, data=b"\1"),
        to(0x12, authorizations=("one",)),
        creation(2, 0x12),
    ],
    ids=["a contract", "data", "a delegation", "a creation"],
)
def test_what_may_run_code_elsewhere_is_for_lane_2(candidate: Candidate) -> None:
    assert not NEIGHBOURHOOD.is_local(candidate)
    assert not NEIGHBOURHOOD.crosses(candidate)


def test_a_creation_needs_the_home_of_its_contract() -> None:
    away, at_home = creation(1, 0x10), creation(0, 0x10)
    contract = create_address(SENDER, away.transaction.nonce)
    assert NEIGHBOURHOOD.homes_needed(away) == (contract,)
    assert NEIGHBOURHOOD.home_of(contract) == 1
    assert not NEIGHBOURHOOD.is_local(away)
    assert NEIGHBOURHOOD.homes_needed(at_home) == ()
    assert NEIGHBOURHOOD.is_local(at_home)


def test_the_home_of_a_contract_that_is_created_there_needs_no_asking() -> None:
    assert NEIGHBOURHOOD.homes_needed(creation(2, 0x12)) == ()


@pytest.mark.parametrize(
    ("candidate", "can"),
    [
        (to(0x12), True),
        (to(0x13), False),
        (creation(0, 0x13), False),
        (creation(3, 0x10), False),
        (creation(1, 0x10), True),
    ],
    ids=["present", "absent", "created there", "its home is there", "its home is present"],
)
def test_what_needs_an_absent_shard_cannot_be_served(candidate: Candidate, can: bool) -> None:
    assert NEIGHBOURHOOD.can_serve(candidate) == can


@pytest.mark.parametrize("home", range(4))
def test_strangers_are_paid_only_when_nobody_is_absent_where_they_might_be_contracts(
    home: int,
) -> None:
    gain = (recipient(1, home=home), Wei(5))
    done = Done(SUCCESS, Gas(21_000), Wei(0), (), b"", None, None, gains=(gain,))
    assert not NEIGHBOURHOOD.can_pay_out(done)
    assert NEIGHBOURHOOD._replace(present=frozenset(map(ShardId, range(4)))).can_pay_out(done)
    assert NEIGHBOURHOOD.can_pay_out(done._replace(gains=()))


def test_keys_find_their_shards_and_recipients_their_homes() -> None:
    assert NEIGHBOURHOOD.shard_of_key(ShardKey(0xFFFFFFFE)) == 2
    assert NEIGHBOURHOOD.home_of(Recipient(b"\xff" * 20)) == 3
