"""The plain chain does what the cluster did, and knows of sharding only the surcharge for strangers."""

from __future__ import annotations

from quarkparsec.types import Recipient, ShardId, ShardKey, home_key
from tests.serializability.plain_chain import PlainChain
from tests.serializability.small_history import history
from tests.simulation.contracts import words
from tests.simulation.scenery import WALLETS_PER_SHARD, genesis_of, ledger_of
from tests.simulation.small_work import SHARD_COUNT
from tests.simulation.traffic import CALL_GAS
from tests.simulation.wallet import GWEI, TIP, wallets

PEOPLE = wallets(SHARD_COUNT, WALLETS_PER_SHARD)
ALICE, BOB = PEOPLE[ShardId(0)][0], PEOPLE[ShardId(0)][1]
NEW_ACCOUNT_GAS = 25_000
COLD_AND_WARM_GAS = 17_100 + 17_100 + 17_100
"""What three slots cost more when they are written for the first time."""


def chain() -> PlainChain:
    made = PlainChain(genesis_of(SHARD_COUNT, 0, 0))
    made.begin_epoch(history().roots[1].header, ())
    return made


def pay(plain: PlainChain, nonce: int, payee: Recipient, key: ShardKey) -> int:
    """Let the ledger pay one wei, as if it lay under `key`; the gas that it took."""
    call = ALICE.sign(nonce, ledger_of(0), 1, words(payee, 1, 0, b""), CALL_GAS)
    ending = plain.send(call, key)
    assert ending.succeeded
    return ending.gas_used


def test_fees_are_burned_and_tips_go_to_the_coinbase() -> None:
    plain = chain()
    ending = plain.send(ALICE.sign(0, BOB.recipient, value=5), home_key(BOB.recipient))
    base_fee = history().roots[1].header.base_fee
    assert (ending.succeeded, ending.gas_used, ending.logs) == (True, 21_000, ())
    spent = 10**18 - plain.balance(ALICE.recipient)
    assert spent == 5 + 21_000 * (base_fee + TIP)
    assert plain.balance(BOB.recipient) == 10**18 + 5
    assert plain.balance(genesis_of(SHARD_COUNT, 0, 0).coinbase) == 21_000 * TIP
    assert base_fee <= GWEI
    assert plain.nonce(ALICE.recipient) == 1


def test_a_payment_to_an_account_of_another_key_pays_for_a_new_account() -> None:
    plain, own, other = chain(), home_key(BOB.recipient), ShardKey(0)
    pay(plain, 0, BOB.recipient, own)
    to_a_friend = pay(plain, 1, BOB.recipient, own)
    to_a_stranger = pay(plain, 2, BOB.recipient, other)
    assert to_a_stranger == to_a_friend + NEW_ACCOUNT_GAS
    assert pay(plain, 3, BOB.recipient, other) == to_a_stranger


def test_who_sends_is_no_stranger() -> None:
    plain, own = chain(), home_key(ALICE.recipient)
    pay(plain, 0, BOB.recipient, own)
    assert pay(plain, 1, ALICE.recipient, own) == pay(plain, 2, ALICE.recipient, ShardKey(0))
