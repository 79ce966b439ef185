"""Transactions under a ticket: guests from other shards, what waits at homes, and taking it all back."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.legs import Endowment
from quarkparsec.runners.evm.executor import execute_ticketed
from quarkparsec.runners.outcome import Claimed, Done, Failed, NeedKeys, Outcome
from quarkparsec.types import Recipient, ShardKey, Wei, home_key, shard_of
from tests.runners.assembler import assemble, deploying
from tests.runners.scene import ETHER, KEY, SENDER, Scene, done, recipient

GUEST = recipient(0x51, home=1)
"""At home in the other shard."""
CONTRACT, OTHER = recipient(0xC0), recipient(0xC1)
STRANGER = recipient(0x52, home=3)
GAS, PRICE = 1_000_000, 8
"""The gas limit, and what all pay for gas: the base fee and 1."""
MONEY = Wei(GAS * PRICE)
INITCODE = deploying(assemble("STOP"))


def pay(to: Recipient, amount: int) -> str:
    return f"0 0 0 0 {amount} {hex(int.from_bytes(to, 'big'))} GAS CALL"


def scene(program: str = "STOP") -> Scene:
    """Shard 0 of 2."""
    made = Scene(shard_count=2)
    made.contract(CONTRACT, assemble(program), balance=1_000)
    return made


def run(
    stage: Scene,
    to: Recipient | None,
    *endowments: Endowment,
    money: int | None = MONEY,
    key: ShardKey = KEY,
    gas_left: int = 30_000_000,
    **fields: Any,
) -> Outcome:
    """A transaction of the guest."""
    transaction = stage.transaction(to, **({"sender": GUEST, "nonce": 7} | fields))
    known = {each.recipient: each for each in endowments}
    brought = None if money is None else Wei(money)
    return execute_ticketed(stage.journal, transaction, key, stage.block, gas_left, known, brought)


def nonce_away(creator: Recipient) -> int:
    """The first nonce whose contract is at home in shard 1."""
    return next(
        nonce for nonce in count() if shard_of(home_key(create_address(creator, nonce)), 2) == 1
    )


# --- guests


def test_a_guest_has_the_money_it_brought_and_takes_home_what_is_left() -> None:
    stage = scene("ORIGIN BALANCE 0 SSTORE CALLVALUE 1 SSTORE STOP")
    ended = done(run(stage, CONTRACT, money=MONEY + 5, value=5))
    assert [stage.slot(CONTRACT, slot) for slot in (0, 1)] == [0, 5]
    assert ended.money_back == MONEY - ended.gas_used * PRICE
    assert not stage.entry(GUEST).exists


def test_a_failed_guest_takes_its_value_home_again() -> None:
    stage = scene("0 0 REVERT")
    ended = done(run(stage, CONTRACT, money=MONEY + 5, value=5))
    assert ended.status == 0
    assert ended.money_back == MONEY + 5 - ended.gas_used * PRICE
    assert stage.entry(CONTRACT).balance == 1_000


def test_what_a_guest_has_here_is_laid_aside_and_given_back() -> None:
    stage = scene("ORIGIN BALANCE 0 SSTORE STOP")
    stage.state.put(GUEST, 55, nonce=2)
    done(run(stage, CONTRACT))
    assert stage.slot(CONTRACT, 0) == 0
    assert (stage.entry(GUEST).balance, stage.entry(GUEST).nonce) == (55, 2)


def test_money_that_a_contract_gives_the_guest_is_no_gain_but_goes_with_it() -> None:
    stage = scene(f"{pay(GUEST, 9)} STOP")
    ended = done(run(stage, CONTRACT))
    assert ended.money_back == MONEY + 9 - ended.gas_used * PRICE
    assert ended.gains == ()
    assert not stage.entry(GUEST).exists


def test_a_guests_contracts_lie_where_its_nonce_at_home_puts_them() -> None:
    nonce = next(n for n in count(7) if home_key(create_address(GUEST, n)) % 2 == 0)
    stage = scene()
    ended = done(run(stage, None, nonce=nonce, data=INITCODE))
    assert (ended.status, ended.contract) == (1, create_address(GUEST, nonce))


def test_nonce_and_funds_of_a_guest_are_not_asked_here() -> None:
    stage = scene()
    stage.state.put(GUEST, 0, nonce=99)
    assert done(run(stage, CONTRACT)).status == 1
    refused = run(stage, CONTRACT, money=None)
    assert isinstance(refused, Failed)
    assert "is in another shard" in refused.reason


def test_a_refusal_is_final_unless_the_block_is_full() -> None:
    stage = scene()
    short, full = run(stage, CONTRACT, gas_limit=20_000), run(stage, CONTRACT, gas_left=999_999)
    assert isinstance(short, Failed)
    assert isinstance(full, Failed)
    assert (short.is_final, full.is_final) == (True, False)
    assert stage.journal.changes() == {}


# --- gains


def test_what_people_of_other_shards_gain_is_named() -> None:
    stage = scene(f"{pay(STRANGER, 9)} {pay(OTHER, 5)} {pay(STRANGER, 2)} STOP")
    stage.state.put(STRANGER, 100)
    assert done(run(stage, CONTRACT)).gains == ((STRANGER, 11),)


@pytest.mark.parametrize("program", [f"{pay(STRANGER, 9)} 0 0 REVERT", "STOP"])
def test_who_gains_nothing_in_the_end_is_not_named(program: str) -> None:
    assert done(run(scene(program), CONTRACT)).gains == ()


@pytest.mark.parametrize(
    ("key", "stays"), [(KEY, True), (ShardKey(2), False), (home_key(STRANGER), False)]
)
def test_an_explicit_transaction_leaves_gains_with_accounts_of_its_key(
    key: ShardKey, stays: bool
) -> None:
    stage = scene(f"{pay(STRANGER, 9)} STOP")
    stage.state.put(STRANGER, 1, shard_key=key)
    ended = done(run(stage, CONTRACT, from_key=ShardKey(1), to_key=KEY))
    assert ended.gains == (() if stays else ((STRANGER, 9),))
    assert stage.entry(STRANGER).balance == 10


# --- creations away from home


def creation(stage: Scene, *endowments: Endowment, data: bytes = INITCODE) -> Outcome:
    return run(stage, None, *endowments, nonce=nonce_away(GUEST), data=data)


AWAY = create_address(GUEST, nonce_away(GUEST))


def waiting(balance: int = 0, *, is_taken: bool = False, at: Recipient = AWAY) -> Endowment:
    return Endowment(at, Wei(balance), is_taken)


def test_a_creation_away_from_home_needs_to_know_its_home() -> None:
    stage = scene()
    assert creation(stage) == NeedKeys((AWAY,))
    assert stage.journal.changes() == {}


def test_needing_keys_takes_back_everything() -> None:
    factory = f"1 0 SSTORE {pay(STRANGER, 9)} 0 0 0 CREATE 0 0 0 CREATE STOP"
    stage = scene(factory)
    stage.state.put(GUEST, 55, nonce=2)
    contracts = [create_address(CONTRACT, nonce) for nonce in (1, 2)]
    needed = tuple(sorted(each for each in contracts if home_key(each) % 2 == 1))
    assert needed
    assert run(stage, CONTRACT) == NeedKeys(needed)
    assert stage.journal.changes() == {}
    assert stage.journal.burned == 0


def test_a_new_contract_gets_what_waits_at_its_home_before_its_init_code_runs() -> None:
    stage = scene()
    ended = done(creation(stage, waiting(77), data=assemble("SELFBALANCE 0 SSTORE STOP")))
    assert stage.slot(AWAY, 0) == 77
    assert stage.entry(AWAY).balance == 77
    assert ended.claims == (Claimed(AWAY, KEY, Wei(77), stays=True),)


def test_a_failed_creation_claims_nothing() -> None:
    stage = scene()
    ended = done(creation(stage, waiting(77), data=assemble("INVALID")))
    assert (ended.status, ended.claims) == (0, ())
    assert not stage.entry(AWAY).exists


def test_a_taken_address_is_a_collision_wherever_it_was_taken() -> None:
    ended = done(creation(scene(), waiting(77, is_taken=True)))
    assert (ended.error, ended.claims) == ("contract address collision", ())
    assert ended.gas_used == GAS


@pytest.mark.parametrize(("beneficiary", "burned"), [("ADDRESS", 77), ("CALLER", 0)])
def test_a_contract_that_destroys_itself_at_once_claims_money_and_leaves_the_address(
    beneficiary: str, burned: int
) -> None:
    stage = scene()
    ended = done(creation(stage, waiting(77), data=assemble(f"{beneficiary} SELFDESTRUCT")))
    assert ended.claims == (Claimed(AWAY, KEY, Wei(77), stays=False),)
    assert stage.journal.burned == burned
    assert ended.money_back == MONEY - ended.gas_used * PRICE + 77 - burned
    assert not stage.entry(AWAY).exists


def test_a_claim_of_a_frame_that_fails_is_taken_back_with_it() -> None:
    inner = nested(1)
    stage = scene(f"0 0 0 CREATE {pay(OTHER, 0)} STOP")
    stage.contract(OTHER, assemble("0 0 0 CREATE 0 0 REVERT"))
    mine, others = inner, create_address(OTHER, 1)
    ended = done(run(stage, CONTRACT, *knowing([mine, others], 5)))
    claimed = {claim.recipient for claim in ended.claims}
    assert claimed == {each for each in (mine,) if home_key(each) % 2 == 1}
    assert not stage.entry(others).exists


def nested(nonce: int) -> Recipient:
    return create_address(CONTRACT, nonce)


def knowing(contracts: Iterable[Recipient], balance: int) -> list[Endowment]:
    """What waits for those that are away from home."""
    return [waiting(balance, at=each) for each in contracts if home_key(each) % 2 == 1]


def test_nested_creations_claim_each_for_itself() -> None:
    program = " ".join(f"0 0 0 CREATE {slot} SSTORE" for slot in range(4))
    stage = scene(f"{program} STOP")
    contracts = [nested(nonce) for nonce in range(1, 5)]
    known = knowing(contracts, 3)
    ended = done(run(stage, CONTRACT, *known))
    assert len(known) not in (0, 4)
    assert {claim.recipient for claim in ended.claims} == {each.recipient for each in known}
    balances = [stage.entry(each).balance for each in contracts]
    assert sum(balances) == 3 * len(known)


# --- taking it back


@pytest.mark.parametrize("sender_is_guest", [True, False])
def test_a_ticket_that_must_not_commit_is_taken_back_whole(sender_is_guest: bool) -> None:
    stage = scene(f"7 0 SSTORE 1 1 TSTORE {pay(STRANGER, 9)} 0 0 0 CREATE STOP")
    sender = GUEST if sender_is_guest else SENDER
    stage.state.put(sender, ETHER, nonce=7)
    money = MONEY if sender_is_guest else None
    ended = run(stage, CONTRACT, *knowing([nested(1)], 5), money=money, sender=sender)
    assert isinstance(ended, Done)
    assert stage.journal.changes() != {}
    stage.journal.rollback(0)
    assert stage.journal.changes() == {}
    again = run(stage, CONTRACT, *knowing([nested(1)], 5), money=money, sender=sender)
    assert again == ended
