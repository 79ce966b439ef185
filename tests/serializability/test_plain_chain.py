"""The plain chain does what the cluster did, and knows of sharding only the surcharge for strangers."""

from __future__ import annotations

from quarkparsec.types import Recipient, ShardId
from tests.serializability.plain_chain import PlainChain
from tests.serializability.small_history import history
from tests.simulation.contracts import words
from tests.simulation.scenery import WALLETS_PER_SHARD, genesis_of, ledger_of
from tests.simulation.small_work import SHARD_COUNT
from tests.simulation.traffic import CALL_GAS
from tests.simulation.wallet import GWEI, TIP, wallets

HERE, THERE = ShardId(0), ShardId(1)
PEOPLE = wallets(SHARD_COUNT, WALLETS_PER_SHARD)
ALICE, BOB = PEOPLE[HERE][0], PEOPLE[HERE][1]
STRANGER = PEOPLE[THERE][0].recipient
NEW_ACCOUNT_GAS = 25_000
COLD_AND_WARM_GAS = 17_100 + 17_100 + 17_100
"""What three slots cost more when they are written for the first time."""


def chain() -> PlainChain:
    made = PlainChain(genesis_of(SHARD_COUNT, 0, 0))
    made.begin_epoch(history().roots[1].header, ())
    return made


def pay(plain: PlainChain, nonce: int, payee: Recipient, shard_id: ShardId = HERE) -> int:
    """Let the ledger pay one wei; the gas that it took."""
    call = ALICE.sign(nonce, ledger_of(0), 1, words(payee, 1, 0, b""), CALL_GAS)
    ending = plain.send(call, shard_id)
    assert ending.succeeded
    return ending.gas_used


def test_fees_are_burned_and_tips_go_to_the_coinbase() -> None:
    plain = chain()
    ending = plain.send(ALICE.sign(0, BOB.recipient, value=5), HERE)
    base_fee = history().roots[1].header.base_fee
    assert (ending.succeeded, ending.gas_used, ending.logs) == (True, 21_000, ())
    spent = 10**18 - plain.balance(ALICE.recipient)
    assert spent == 5 + 21_000 * (base_fee + TIP)
    assert plain.balance(BOB.recipient) == 10**18 + 5
    assert plain.balance(genesis_of(SHARD_COUNT, 0, 0).coinbase) == 21_000 * TIP
    assert base_fee <= GWEI
    assert plain.nonce(ALICE.recipient) == 1


def test_the_first_payment_to_a_stranger_in_an_epoch_pays_for_a_new_account() -> None:
    plain = chain()
    pay(plain, 0, BOB.recipient)
    at_home = pay(plain, 1, BOB.recipient)
    first = pay(plain, 2, STRANGER)
    assert first == at_home + NEW_ACCOUNT_GAS
    plain.meet(STRANGER, HERE)
    assert pay(plain, 3, STRANGER) == at_home
    plain.begin_epoch(history().roots[1].header, ())
    assert pay(plain, 4, STRANGER) == first


def test_who_sends_is_no_stranger() -> None:
    plain = chain()
    pay(plain, 0, BOB.recipient)
    assert pay(plain, 1, ALICE.recipient, THERE) == pay(plain, 2, ALICE.recipient, HERE)
