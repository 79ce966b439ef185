"""Lane 2 over real states: what a transaction does that needs several shards."""

from __future__ import annotations

from random import Random

import pytest

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.chain.legs import Claim, Endowment, Payment
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import Rerouted
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Wei, home_key
from tests.runners.assembler import deploying
from tests.shard.neighbours import (
    DEPLOYER,
    ETHER,
    GAS,
    PEOPLE,
    PRICE,
    SHARD_COUNT,
    Neighbours,
    contract_at,
    home_of,
    nonce_for_home,
    number_of,
    salt_for_home,
    sign,
)
from tests.shard.programs import (
    COUNTER,
    CREATE2_DEPLOYER,
    REFUSER,
    SELF_DESTRUCTING,
    WITNESS,
    creating,
    paying,
    storing,
)

ALICE, BOB, CAROL = PEOPLE[0]
DORA = PEOPLE[1][0]
EVE = PEOPLE[2][0]
FAR = contract_at(2)
"""A contract of shard 2."""


# --- calls


def test_a_call_that_was_sent_to_the_contracts_home_follows_it_in_the_next_epoch() -> None:
    shards = Neighbours()
    nonce = nonce_for_home(DORA.recipient, 2)
    creations = [sign(DORA, each, None, data=deploying(COUNTER)) for each in range(nonce + 1)]
    shards.run(*creations)
    contract = create_address(DORA.recipient, nonce)
    call = sign(ALICE, 0, contract, data=b"\1")
    settled = shards.run(Candidate(call, home_key(contract)))
    assert settled.places(call) == []
    assert settled.rerouted == [Rerouted(call.hash, home_key(DORA.recipient))]
    shard_id, receipt = shards.run(call).done(call)
    assert (shard_id, receipt.status) == (1, 1)
    assert shards.slot(contract, 0, 1) == 1


def test_a_contract_of_another_shard_is_called_as_the_sender_with_exactly_its_money() -> None:
    shards = Neighbours({FAR: WITNESS})
    call = sign(ALICE, 0, FAR, value=5)
    settled = shards.run(call)
    shard_id, receipt = settled.done(call)
    assert (shard_id, receipt.status) == (2, 1)
    alice = number_of(ALICE.recipient)
    assert [shards.slot(FAR, slot) for slot in range(4)] == [alice, alice, 5, 0]
    assert shards.balance(FAR) == ETHER + 5
    assert shards.balance(ALICE.recipient) == ETHER - 5 - receipt.gas_used * PRICE
    assert shards.nonce(ALICE.recipient) == 1
    assert shards.account(ALICE.recipient, 2) is None


def test_the_receipt_is_in_the_contracts_shard_and_the_payment_in_the_senders() -> None:
    shards = Neighbours({FAR: WITNESS})
    call = sign(ALICE, 0, FAR, value=5)
    settled = shards.run(call)
    _, receipt = settled.done(call)
    (log,) = receipt.logs
    assert (log.recipient, [topic[-1] for topic in log.topics]) == (FAR, [8, 7])
    assert settled.block(2).header.logs_bloom == receipt.bloom
    (leg,) = settled.legs(Payment, 0)
    money = GAS * PRICE + 5
    assert (leg.sender, leg.money) == (ALICE.recipient, money)
    assert leg.money_back == money - 5 - receipt.gas_used * PRICE
    assert [(each.position, each.money) for each in settled.calls] == [(leg.position, money)]
    assert settled.block(0).entries == ()


def test_a_call_that_reverts_costs_its_gas_only_and_leaves_nothing() -> None:
    shards = Neighbours({FAR: REFUSER})
    call = sign(ALICE, 0, FAR, value=5)
    _, receipt = shards.run(call).done(call)
    assert (receipt.status, receipt.logs) == (0, ())
    assert receipt.gas_used < 50_000
    assert shards.balance(ALICE.recipient) == ETHER - receipt.gas_used * PRICE
    assert (shards.balance(FAR), shards.slot(FAR, 0)) == (ETHER, 0)
    assert shards.nonce(ALICE.recipient) == 1


def test_what_a_sender_has_in_the_contracts_shard_is_laid_aside() -> None:
    shards = Neighbours({FAR: WITNESS}, balances={(ALICE.recipient, 2): 77})
    call = sign(ALICE, 0, FAR)
    shards.run(call)
    assert shards.slot(FAR, 3) == 0
    assert shards.balance(ALICE.recipient, 2) == 77
    account = shards.account(ALICE.recipient, 2)
    assert account is not None
    assert account.nonce == 0


def test_money_that_a_contract_gives_its_caller_goes_home_with_the_rest() -> None:
    shards = Neighbours({FAR: paying(ALICE.recipient, 1_000)})
    call = sign(ALICE, 0, FAR)
    settled = shards.run(call)
    _, receipt = settled.done(call)
    assert shards.balance(ALICE.recipient) == ETHER + 1_000 - receipt.gas_used * PRICE
    assert shards.balance(ALICE.recipient, 2) == 0
    assert settled.block(2).legs.payouts == ()


def test_calls_of_one_sender_happen_in_the_order_of_their_nonces() -> None:
    near, other = contract_at(0), contract_at(3)
    shards = Neighbours({FAR: COUNTER, other: COUNTER, near: COUNTER})
    calls = [sign(ALICE, nonce, to) for nonce, to in enumerate((FAR, near, other, FAR, near))]
    settled = shards.run(*calls, random=Random(1))
    order = sorted(settled.calls, key=lambda leg: leg.position)
    assert [settled.done(call).receipt.status for call in calls] == [1] * 5
    assert [leg.ticket for leg in order] == sorted(leg.ticket for leg in order)
    assert [shards.slot(at, 0) for at in (FAR, near, other)] == [2, 2, 1]
    assert shards.nonce(ALICE.recipient) == 5


def test_a_sender_that_cannot_pay_is_invalid_and_its_later_calls_wait() -> None:
    shards = Neighbours({FAR: COUNTER})
    poor = sign(ALICE, 0, FAR, value=ETHER)
    later = sign(ALICE, 1, FAR)
    settled = shards.run(poor, later)
    (invalid,) = settled.invalid
    assert invalid.transaction_hash == poor.hash
    assert invalid.reason.startswith("insufficient funds for gas * price + value")
    assert settled.places(later) == []
    assert shards.nonce(ALICE.recipient) == 0


def test_a_call_that_its_contracts_shard_refuses_is_invalid() -> None:
    shards = Neighbours({FAR: COUNTER})
    short = sign(ALICE, 0, FAR, gas_limit=20_999)
    settled = shards.run(short)
    (invalid,) = settled.invalid
    assert invalid.reason == "intrinsic gas too low: have 20999, want 21000"
    assert shards.balance(ALICE.recipient) == ETHER


def test_a_call_for_which_the_block_has_no_gas_left_waits() -> None:
    shards = Neighbours({FAR: COUNTER})
    first = sign(EVE, 0, FAR)
    large = sign(ALICE, 0, FAR, gas_limit=30_000_000)
    settled = shards.run(first, large)
    assert settled.invalid == []
    assert settled.places(large) == []
    assert settled.done(first).receipt.status == 1


def test_after_the_lanes_time_no_ticket_begins() -> None:
    shards = Neighbours({FAR: COUNTER})
    settled = shards.run(sign(ALICE, 0, FAR), deadline_ms=0)
    assert settled.calls == []
    assert settled.invalid == []


# --- creations


def test_a_creation_takes_what_waits_at_its_home_and_leaves_a_stub_there() -> None:
    nonce = nonce_for_home(ALICE.recipient, 3)
    contract = create_address(ALICE.recipient, nonce)
    shards = Neighbours(balances={(contract, home_key(contract)): 500})
    before = [sign(ALICE, each, BOB.recipient, gas_limit=21_000) for each in range(nonce)]
    create = sign(ALICE, nonce, None, value=9, data=storing(42))
    settled = shards.run(*before, create)
    shard_id, receipt = settled.done(create)
    assert (shard_id, receipt.status, receipt.contract) == (0, 1, contract)
    assert (shards.slot(contract, 0, 0), shards.slot(contract, 1, 0)) == (42, 509)
    assert shards.balance(contract, 0) == 509
    assert (shards.code(contract, 3), shards.balance(contract, 3)) == (FOREIGN_STUB, 0)
    (claim,) = settled.legs(Claim, 3)
    assert (claim.recipient, claim.shard_key) == (contract, home_key(ALICE.recipient))
    assert (claim.amount, claim.stays) == (500, True)
    (call,) = settled.calls
    assert call.endowments == (Endowment(contract, Wei(500), is_taken=False),)
    assert (settled.created(0), settled.created(3)) == ([contract], [])


def test_a_creation_under_a_key_of_another_shard_is_paid_at_home() -> None:
    nonce = nonce_for_home(ALICE.recipient, 0)
    contract = create_address(ALICE.recipient, nonce)
    shards = Neighbours(balances={(contract, home_key(contract)): 500})
    before = [sign(ALICE, each, BOB.recipient, gas_limit=21_000) for each in range(nonce)]
    create = sign(ALICE, nonce, None, value=9, data=storing(42))
    settled = shards.run(*before, shards.candidate(create, key=0x22))
    assert settled.done(create).shard_id == 2
    assert shards.balance(contract, 2) == 509
    (claim,) = settled.legs(Claim, 0)
    (payment,) = settled.legs(Payment, 0)
    assert (claim.position, claim.ticket) == (payment.position, payment.ticket)
    assert shards.code(contract, 0) == FOREIGN_STUB
    assert shards.nonce(ALICE.recipient) == nonce + 1


def test_a_contract_at_home_where_it_is_created_needs_no_claim() -> None:
    nonce = nonce_for_home(ALICE.recipient, 2)
    contract = create_address(ALICE.recipient, nonce)
    shards = Neighbours(balances={(contract, home_key(contract)): 500})
    before = [sign(ALICE, each, BOB.recipient, gas_limit=21_000) for each in range(nonce)]
    create = sign(ALICE, nonce, None, data=storing(42))
    settled = shards.run(*before, shards.candidate(create, key=0x22))
    assert settled.claims == []
    account = shards.account(contract, 2)
    assert account is not None
    assert (account.balance, account.shard_key) == (500, 0x22)


def test_a_failed_creation_leaves_what_waits_at_home() -> None:
    nonce = nonce_for_home(ALICE.recipient, 3)
    contract = create_address(ALICE.recipient, nonce)
    shards = Neighbours(balances={(contract, home_key(contract)): 500})
    before = [sign(ALICE, each, BOB.recipient, gas_limit=21_000) for each in range(nonce)]
    create = sign(ALICE, nonce, None, data=REFUSER)
    settled = shards.run(*before, create)
    assert settled.done(create).receipt.status == 0
    assert settled.claims == []
    assert (shards.balance(contract, 3), shards.code(contract, 3)) == (500, b"")


def test_a_contract_that_destroys_itself_at_once_takes_the_money_and_frees_the_address() -> None:
    nonce = nonce_for_home(ALICE.recipient, 3)
    contract = create_address(ALICE.recipient, nonce)
    shards = Neighbours(balances={(contract, home_key(contract)): 500})
    before = [sign(ALICE, each, BOB.recipient, gas_limit=21_000) for each in range(nonce)]
    create = sign(ALICE, nonce, None, data=SELF_DESTRUCTING)
    settled = shards.run(*before, create)
    _, receipt = settled.done(create)
    spent = (nonce * 21_000 + receipt.gas_used) * PRICE
    assert shards.balance(ALICE.recipient) == ETHER + 500 - spent
    (claim,) = settled.claims
    assert not claim.stays
    assert shards.account(contract, 3) is None
    assert shards.account(contract, 0) is None


@pytest.mark.parametrize("home", range(SHARD_COUNT))
def test_a_universal_deployer_puts_a_contract_into_the_callers_shard(home: int) -> None:
    initcode = storing(7)
    salt = salt_for_home(initcode, home)
    contract = create2_address(DEPLOYER, salt, initcode)
    shards = Neighbours(
        universal=[(DEPLOYER, CREATE2_DEPLOYER)], balances={(contract, home_key(contract)): 300}
    )
    deploy = sign(ALICE, 0, DEPLOYER, data=salt.to_bytes(32, "big") + initcode)
    settled = shards.run(deploy)
    assert settled.done(deploy).shard_id == 0
    assert [shards.slot(contract, slot, 0) for slot in (0, 1)] == [7, 300]
    assert shards.balance(contract, 0) == 300
    assert (shards.code(contract, home) == FOREIGN_STUB) == (home != 0)


@pytest.mark.parametrize("home", range(SHARD_COUNT))
def test_an_address_is_created_once_in_the_cluster(home: int) -> None:
    initcode = storing(7)
    salt = salt_for_home(initcode, home)
    contract = create2_address(DEPLOYER, salt, initcode)
    shards = Neighbours(universal=[(DEPLOYER, CREATE2_DEPLOYER)])
    data = salt.to_bytes(32, "big") + initcode
    first, second = sign(ALICE, 0, DEPLOYER, data=data), sign(DORA, 0, DEPLOYER, data=data)
    for wallet, transaction in ((ALICE, first), (DORA, second)):
        shards.run(transaction)
        assert shards.nonce(wallet.recipient) == 1
    assert shards.code(contract, 0) == b"\0"
    assert shards.code(contract, 1) == (FOREIGN_STUB if home == 1 else b"")
    third = sign(ALICE, 1, DEPLOYER, data=data)
    shards.run(third)
    assert shards.nonce(ALICE.recipient) == 2


@pytest.mark.parametrize("seed", range(8))
def test_of_two_racing_deployers_in_two_shards_one_gets_the_address(seed: int) -> None:
    """Both end (PArSEC's scenario 14): one with the contract, the other with nothing but the bill."""
    initcode = storing(7)
    salt = salt_for_home(initcode, 3)
    contract = create2_address(DEPLOYER, salt, initcode)
    shards = Neighbours(
        universal=[(DEPLOYER, CREATE2_DEPLOYER)], balances={(contract, home_key(contract)): 300}
    )
    data = salt.to_bytes(32, "big") + initcode
    first, second = sign(ALICE, 0, DEPLOYER, data=data), sign(DORA, 0, DEPLOYER, data=data)
    settled = shards.run(first, second, random=Random(seed))
    assert [settled.done(each).receipt.status for each in (first, second)] == [1, 1]
    winners = [shard for shard in (0, 1) if shards.code(contract, shard)]
    assert len(winners) == len(settled.claims) == 1
    assert shards.balance(contract, winners[0]) == 300


def test_contracts_that_a_remote_contract_creates_are_asked_for_one_after_the_other() -> None:
    shards = Neighbours({FAR: creating(storing(5), times=3)})
    contracts = [create_address(FAR, nonce) for nonce in (1, 2, 3)]
    away = [contract for contract in contracts if home_of(contract) != 2]
    assert away
    call = sign(ALICE, 0, FAR)
    settled = shards.run(call)
    assert settled.done(call).receipt.status == 1
    assert [shards.slot(FAR, slot) for slot in range(3)] == list(map(number_of, contracts))
    assert sorted(claim.recipient for claim in settled.claims) == sorted(away)
    assert all(shards.code(contract, home_of(contract)) == FOREIGN_STUB for contract in away)


def test_a_call_that_turns_out_to_need_an_absent_home_waits() -> None:
    shards = Neighbours({FAR: creating(storing(5), times=4)})
    assert {home_of(create_address(FAR, nonce)) for nonce in (1, 2, 3, 4)} == {1, 2, 3}
    call, after = sign(ALICE, 0, FAR), sign(ALICE, 1, contract_at(0))
    settled = shards.run(call, after, present=(0, 1, 2))
    assert settled.places(call) == settled.places(after) == []
    assert settled.invalid == []
    assert shards.nonce(ALICE.recipient) == 0
    settled = shards.run(call, after)
    assert settled.done(call).receipt.status == settled.done(after).receipt.status == 1


# --- conflicts


@pytest.mark.parametrize("seed", range(10))
def test_a_contract_may_pay_a_sender_whose_own_call_is_under_way(seed: int) -> None:
    near = contract_at(0)
    shards = Neighbours({near: paying(ALICE.recipient, 1_000), FAR: COUNTER})
    call = sign(ALICE, 0, FAR, value=1)
    pay = sign(DORA, 0, near)
    settled = shards.run(call, pay, random=Random(seed))
    used = settled.done(call).receipt.gas_used
    assert settled.done(pay).receipt.status == 1
    assert shards.balance(ALICE.recipient) == ETHER + 999 - used * PRICE
    assert (shards.slot(near, 0), shards.slot(FAR, 0)) == (1, 1)


@pytest.mark.parametrize("seed", range(10))
def test_senders_that_pay_each_other_across_shards_all_get_through(seed: int) -> None:
    at_dora, at_alice = contract_at(0), contract_at(1)
    shards = Neighbours(
        {at_dora: paying(ALICE.recipient, 10), at_alice: paying(DORA.recipient, 100)}
    )
    calls = [sign(DORA, nonce, at_dora) for nonce in range(3)]
    calls += [sign(ALICE, nonce, at_alice) for nonce in range(3)]
    settled = shards.run(*calls, random=Random(seed))
    used = {each.hash: settled.done(each).receipt.gas_used for each in calls}
    dora = sum(used[each.hash] for each in calls[:3])
    alice = sum(used[each.hash] for each in calls[3:])
    assert shards.balance(ALICE.recipient) == ETHER + 30 - alice * PRICE
    assert shards.balance(DORA.recipient) == ETHER + 300 - dora * PRICE
