"""Lane 2 whatever the network does: orders, losses and repetitions that nobody thought of.

Everything that a round must keep whatever happens (the supply to the wei, each block's replay, each
transaction at most once) is checked by `Neighbours` after every round.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from quarkparsec.chain.legs import Call, Claim, Payment
from quarkparsec.shard.account_queue import Candidate
from tests.shard.neighbours import (
    DEPLOYER,
    ETHER,
    PEOPLE,
    PRICE,
    SHARD_COUNT,
    Neighbours,
    Settled,
    contract_at,
    salt_for_home,
    sign,
)
from tests.shard.programs import (
    COUNTER,
    CREATE2_DEPLOYER,
    REFUSER,
    creating,
    paying,
    storing,
    watching,
)

WALLETS: Final = [wallet for group in PEOPLE for wallet in group[:2]]
INITCODE: Final = storing(1)
DEPLOYMENTS: Final = [
    salt_for_home(INITCODE, home).to_bytes(32, "big") + INITCODE for home in range(SHARD_COUNT)
]
KEYS: Final = range(SHARD_COUNT)
CONTRACTS: Final = {
    **{contract_at(key, 1): COUNTER for key in KEYS},
    **{contract_at(key, 2): paying(WALLETS[3 * key % 8].recipient, 5) for key in KEYS},
    **{contract_at(key, 3): creating(INITCODE, times=2) for key in KEYS},
    **{contract_at(key, 4): REFUSER for key in KEYS},
    **{
        contract_at(key, 5): watching(*[wallet.recipient for wallet in PEOPLE[key][:2]])
        for key in KEYS
    },
}
TARGETS: Final = [*CONTRACTS, *[wallet.recipient for wallet in WALLETS]]

WISHES: Final = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 7), st.sampled_from(range(len(TARGETS)))),
        st.tuples(st.just("deploy"), st.integers(0, 7), st.sampled_from(KEYS)),
        st.tuples(st.just("create"), st.integers(0, 7), st.sampled_from(KEYS)),
    ),
    max_size=16,
)
NETWORKS: Final = st.tuples(
    st.integers(0, 2**32), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.3])
)
"""Seed, lost, repeated."""

QUARTER: Final = settings(max_examples=settings().max_examples // 4)
"""For rounds of many transactions."""

Wish = tuple[str, int, int]


def fresh() -> Neighbours:
    return Neighbours(CONTRACTS, universal=[(DEPLOYER, CREATE2_DEPLOYER)])


def signed(shards: Neighbours, wishes: Sequence[Wish]) -> list[Candidate]:
    """The wishes as transactions, each sender's with rising nonces."""
    nonces = {wallet.recipient: shards.nonce(wallet.recipient) for wallet in WALLETS}
    made = []
    for kind, sender, choice in wishes:
        wallet = WALLETS[sender]
        nonce = nonces[wallet.recipient]
        nonces[wallet.recipient] += 1
        if kind == "send":
            sent = sign(wallet, nonce, TARGETS[choice], value=nonce + 1, gas_limit=300_000)
            made.append(shards.candidate(sent))
        elif kind == "deploy":
            made.append(shards.candidate(sign(wallet, nonce, DEPLOYER, data=DEPLOYMENTS[choice])))
        else:
            created = sign(wallet, nonce, None, data=INITCODE)
            made.append(shards.candidate(created, key=choice))
    return made


def check_legs(settled: Settled) -> None:
    """What shards say of one another agrees: each ticket has one call, and its other legs fit that."""
    calls = {leg.ticket: leg for leg in settled.calls}
    assert len(calls) == len(settled.calls)
    for legs in (settled.payments, settled.claims):
        assert len(set(legs)) == len(legs)
    for leg in settled.payments + settled.claims:
        assert leg.position == calls[leg.ticket].position
    for payment in settled.payments:
        assert payment.money == calls[payment.ticket].money
    assert len(settled.payments) == sum(call.money is not None for call in calls.values())
    for claim in settled.claims:
        known = {each.recipient: each for each in calls[claim.ticket].endowments}
        assert claim.amount == known[claim.recipient].balance
        assert not known[claim.recipient].is_taken
    for built in settled.blocks.values():
        places = [(leg.position, leg.ticket) for leg in built.block.legs.tickets]
        assert places == sorted(places)


@given(WISHES, NETWORKS)
def test_whatever_happens_on_the_way_every_transaction_happens_once_or_not_at_all(
    wishes: Sequence[Wish], network: tuple[int, float, float]
) -> None:
    shards = fresh()
    seed, lost, repeated = network
    candidates = signed(shards, wishes)
    settled = shards.run(*candidates, random=Random(seed), lost=lost, repeated=repeated)
    check_legs(settled)
    done = dict.fromkeys((wallet.recipient for wallet in WALLETS), 0)
    for candidate in candidates:
        done[candidate.transaction.sender] += len(settled.places(candidate.transaction))
    assert {who: shards.nonce(who) for who in done} == done
    assert settled.invalid == []


@given(WISHES, NETWORKS, st.integers(0, 4_000))
def test_a_lane_that_runs_out_of_time_leaves_transactions_whole(
    wishes: Sequence[Wish], network: tuple[int, float, float], deadline_ms: int
) -> None:
    shards = fresh()
    seed, lost, repeated = network
    candidates = signed(shards, wishes)
    settled = shards.run(
        *candidates,
        random=Random(seed),
        lost=lost,
        repeated=repeated,
        deadline_ms=deadline_ms,
    )
    check_legs(settled)
    left = [each for each in candidates if not settled.places(each.transaction)]
    again = shards.run(*left)
    check_legs(again)
    assert again.invalid == settled.invalid == []


@QUARTER
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3]))
def test_a_hot_contract_serves_everybody_in_one_epoch(seed: int, repeated: float) -> None:
    shards = fresh()
    hot = contract_at(2, 2)
    calls = [sign(wallet, nonce, hot) for wallet in WALLETS for nonce in (0, 1)]
    settled = shards.run(*calls, random=Random(seed), repeated=repeated)
    receipts = [settled.done(call).receipt for call in calls]
    assert [receipt.status for receipt in receipts] == [1] * len(calls)
    assert shards.slot(hot, 0) == len(calls)
    assert shards.balance(hot) == ETHER - 5 * len(calls)


@QUARTER
@given(st.integers(0, 2**32))
def test_without_losses_nothing_is_left_for_another_epoch(seed: int) -> None:
    """Calls in a circle: everybody pays somebody whose own call is under way."""
    shards = fresh()
    calls = [sign(WALLETS[index], 0, contract_at((index + 1) % 4, 2)) for index in range(8)]
    settled = shards.run(*calls, random=Random(seed))
    used = {call.sender: settled.done(call).receipt.gas_used for call in calls}
    paid = [WALLETS[3 * ((index + 1) % 4) % 8].recipient for index in range(8)]
    for wallet in WALLETS:
        who = wallet.recipient
        assert shards.balance(who) == ETHER + 5 * paid.count(who) - used[who] * PRICE


def test_the_wishes_reach_every_kind_of_leg() -> None:
    shards = fresh()
    wishes = [("send", 0, 1), ("deploy", 0, 1), ("create", 1, 3)]
    settled = shards.run(*signed(shards, wishes))
    kinds = {type(leg) for built in settled.blocks.values() for leg in built.block.legs.tickets}
    assert kinds == {Call, Payment, Claim}
