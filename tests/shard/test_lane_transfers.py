"""Lane 3: money leaves in nonce order, arrives in the same epoch, and never twice."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.legs import Credit, CreditsFrom
from quarkparsec.chain.transaction import Transaction
from quarkparsec.limits import RESEND_MS
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_draft import BlockDraft, Deferred, Rerouted
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.shard.neighbourhood import Neighbourhood
from quarkparsec.types import Hash32, Recipient, ShardId, ShardKey, Wei, home_key
from quarkparsec.wire import lanes
from quarkparsec.wire.epoch import from_amount, to_amount
from tests.runners.scene import ETHER, SENDER, Scene, recipient
from tests.shard.neighbours import (
    PEOPLE,
    PRICE,
    Neighbours,
    contract_at,
    nonce_for_home,
    sign,
)
from tests.shard.programs import COUNTER, paying, storing

ALICE, BOB, _ = PEOPLE[0]
DORA, DAN, _ = PEOPLE[1]
EVE = PEOPLE[2][0]
FAR = contract_at(2)
FEE = 21_000 * PRICE
ELSEWHERE = create_address(ALICE.recipient, nonce_for_home(ALICE.recipient, 2))
"""A contract that Alice may create in shard 0; its home is shard 2."""


def transfer(nonce: int, to: Recipient, value: int = 5, **fields: Any) -> Transaction:
    return sign(ALICE, nonce, to, value=value, gas_limit=21_000, **fields)


# --- whole rounds


def test_a_transfer_leaves_one_shard_and_arrives_in_another_in_the_same_epoch() -> None:
    shards = Neighbours()
    sent = transfer(0, DORA.recipient)
    settled = shards.run(sent)
    shard_id, receipt = settled.done(sent)
    assert (shard_id, receipt.status, receipt.gas_used) == (0, 1, 21_000)
    assert shards.balance(ALICE.recipient) == ETHER - 5 - FEE
    assert shards.balance(DORA.recipient) == ETHER + 5
    assert settled.block(0).legs.transfer_count == 1
    credit = Credit(DORA.recipient, home_key(DORA.recipient), Wei(5))
    assert settled.block(1).legs.credits == (CreditsFrom(ShardId(0), (credit,)),)
    assert settled.block(1).entries == ()


def test_a_senders_transfers_keep_their_order_whichever_shard_they_go_to() -> None:
    shards = Neighbours()
    people = (DORA, BOB, EVE, DORA)
    sent = [transfer(nonce, who.recipient, 1 + nonce) for nonce, who in enumerate(people)]
    settled = shards.run(*sent)
    assert [entry.raw for entry in settled.block(0).entries] == [each.raw for each in sent]
    assert settled.block(0).legs.transfer_count == 4
    assert [shards.balance(who.recipient) - ETHER for who in (DORA, BOB, EVE)] == [5, 2, 3]
    assert shards.nonce(ALICE.recipient) == 4


def test_money_for_nobody_yet_makes_an_account_at_its_home() -> None:
    shards = Neighbours()
    nobody = recipient(77, home=0x1002)
    shards.run(transfer(0, nobody, 9), transfer(1, recipient(78, home=3), 0))
    account = shards.account(nobody, 2)
    assert account is not None
    assert (account.balance, account.shard_key) == (9, 0x1002)
    assert shards.account(recipient(78, home=3), 3) is None


def test_a_transfer_that_a_sender_cannot_pay_is_invalid_and_its_successors_wait() -> None:
    shards = Neighbours()
    first, poor, after = (
        transfer(0, DORA.recipient),
        transfer(1, DORA.recipient, ETHER),
        transfer(2, DORA.recipient),
    )
    settled = shards.run(first, poor, after)
    assert settled.done(first).receipt.status == 1
    assert [each.transaction_hash for each in settled.invalid] == [poor.hash]
    assert settled.places(after) == []
    assert shards.nonce(ALICE.recipient) == 1


def test_a_call_behind_a_transfer_waits_for_the_next_epoch() -> None:
    shards = Neighbours({FAR: COUNTER})
    sent, call = transfer(0, DORA.recipient), sign(ALICE, 1, FAR)
    settled = shards.run(sent, call)
    assert settled.done(sent).receipt.status == 1
    assert settled.places(call) == []
    assert shards.run(call).done(call).receipt.status == 1


def test_a_transfer_behind_a_call_follows_in_the_same_epoch() -> None:
    shards = Neighbours({FAR: COUNTER})
    call, sent = sign(ALICE, 0, FAR), transfer(1, DORA.recipient)
    settled = shards.run(call, sent)
    assert settled.done(call).receipt.status == settled.done(sent).receipt.status == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_transfer_to_a_contract_is_refused_and_becomes_a_call(seed: int) -> None:
    shards = Neighbours({FAR: COUNTER})
    call = sign(ALICE, 1, FAR, value=5)
    unaware = Candidate(call, home_key(FAR))
    before, after = transfer(0, DORA.recipient), transfer(2, EVE.recipient)
    settled = shards.run(before, unaware, after, random=Random(seed), repeated=0.2)
    assert settled.done(before).receipt.status == 1
    assert settled.places(call) == settled.places(after) == []
    assert settled.rerouted == [Rerouted(call.hash, home_key(FAR))]
    assert (shards.balance(FAR), shards.balance(EVE.recipient)) == (ETHER, ETHER)
    assert shards.balance(DORA.recipient) == ETHER + 5
    again = shards.run(call, after)
    assert again.done(call).receipt.status == 1
    assert (shards.balance(FAR), shards.slot(FAR, 0)) == (ETHER + 5, 1)


def test_a_transfer_to_the_home_of_a_contract_elsewhere_is_sent_on_to_where_it_lives() -> None:
    shards = Neighbours()
    create_elsewhere(shards)
    sent = sign(DORA, 0, ELSEWHERE, value=5)
    settled = shards.run(Candidate(sent, home_key(ELSEWHERE)))
    assert settled.rerouted == [Rerouted(sent.hash, home_key(ALICE.recipient))]
    assert shards.balance(ELSEWHERE, 2) == 0
    assert shards.run(sent).done(sent).shard_id == 0
    assert shards.balance(ELSEWHERE, 0) == 5


def test_what_contracts_pay_to_people_of_other_shards_goes_home_in_the_same_epoch() -> None:
    shards = Neighbours(
        {contract_at(0): paying(DORA.recipient, 7), FAR: paying(DORA.recipient, 9)}
    )
    settled = shards.run(sign(ALICE, 0, contract_at(0)), sign(BOB, 0, FAR), sign(EVE, 0, FAR))
    assert shards.balance(DORA.recipient) == ETHER + 7 + 9 + 9
    assert shards.account(DORA.recipient, 0) is shards.account(DORA.recipient, 2) is None
    key = home_key(DORA.recipient)
    assert settled.block(0).legs.payouts == (Credit(DORA.recipient, key, Wei(7)),)
    assert settled.block(2).legs.payouts == (Credit(DORA.recipient, key, Wei(18)),)
    assert [each.source for each in settled.block(1).legs.credits] == [0, 2]


def test_a_payout_for_a_contract_that_lives_elsewhere_follows_it() -> None:
    payer = contract_at(1)
    shards = Neighbours({payer: paying(ELSEWHERE, 11)})
    create_elsewhere(shards)
    pay = sign(DORA, 0, payer)
    settled = shards.run(pay)
    assert settled.done(pay).receipt.status == 1
    assert [shards.balance(ELSEWHERE, shard) for shard in (0, 1, 2)] == [11, 0, 0]
    assert [each.source for each in settled.block(0).legs.credits] == [1]


@pytest.mark.parametrize("has_account", [True, False])
def test_money_left_by_an_explicit_transaction_stays_with_who_has_an_account_there(
    has_account: bool,
) -> None:
    payer = contract_at(1)
    there = {(EVE.recipient, 1): 1} if has_account else {}
    shards = Neighbours(
        {payer: paying(EVE.recipient, 11)}, balances={(ALICE.recipient, 1): ETHER, **there}
    )
    explicit = sign(ALICE, 0, payer, chain_id=20803 << 32 | 1)
    settled = shards.run(explicit)
    assert settled.done(explicit).shard_id == 1
    assert shards.balance(EVE.recipient, 1) == (12 if has_account else 0)
    assert shards.balance(EVE.recipient) == ETHER + (0 if has_account else 11)


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 14), st.integers(0, 50)), max_size=20),
    st.integers(0, 2**32),
)
def test_whatever_is_sent_in_whatever_order_it_arrives_once(
    wishes: list[tuple[int, int, int]], seed: int
) -> None:
    people = [wallet for group in PEOPLE for wallet in group]
    contracts = [contract_at(key) for key in (0, 1, 2)]
    shards = Neighbours(dict.fromkeys(contracts, COUNTER))
    targets = [*[wallet.recipient for wallet in people], *contracts]
    nonces = dict.fromkeys(range(12), 0)
    sent = []
    for sender, target, value in wishes:
        at = targets[target]
        made = sign(people[sender], nonces[sender], at, value=value, gas_limit=50_000)
        sent.append((made, Candidate(made, home_key(at))))
        nonces[sender] += 1
    settled = shards.run(*[each for _, each in sent], random=Random(seed), lost=0.2, repeated=0.2)
    expected = dict.fromkeys(targets, ETHER)
    for (made, _), to in zip(sent, [targets[target] for _, target, _ in wishes], strict=True):
        for place in settled.places(made):
            expected[made.sender] -= made.value + place.receipt.gas_used * PRICE
            expected[to] += made.value
    assert {at: shards.balance(at) for at in targets} == expected


# --- one lane alone


HERE, THERE = ShardId(0), ShardId(2)
EVERYBODY = frozenset(map(ShardId, range(4)))


class Alone:
    """A TransferLane whose neighbours are played by the test."""

    def __init__(self, *candidates: Candidate, gains: dict[Recipient, int] | None = None) -> None:
        self.scene = Scene(shard_count=4)
        for who, gain in (gains or {}).items():
            self.scene.state.put(who, gain)
        self.draft = BlockDraft(self.scene.journal, self.scene.block)
        self.draft.gains = gains or {}
        for candidate in candidates:
            self.draft.defer(Deferred(candidate))
        self.lane = TransferLane(self.draft, Neighbourhood(HERE, 4, EVERYBODY))

    def has_ended(self) -> bool:
        return self.lane.has_ended

    def step(self, now_ms: int, *items: tuple[int, lanes.LaneItem]) -> list[Any]:
        return self.lane.step(now_ms, [(ShardId(source), item) for source, item in items])


def candidate(scene: Scene, nonce: int, home: int, value: int = 1) -> Candidate:
    fields = {"nonce": nonce, "value": value, "hash": bytes((nonce + 1,)) * 32}
    return Candidate(scene.transaction(recipient(1, home=home), **fields), ShardKey(home))


def two_transfers() -> Alone:
    """To shards 2 and 3."""
    return Alone(candidate(Scene(), 0, 2), candidate(Scene(), 1, 3))


def test_the_lane_ends_when_every_destination_has_answered() -> None:
    alone = two_transfers()
    said = alone.step(0)
    assert [(shard, item.version) for shard, item in said] == [(2, 1), (3, 1)]
    assert alone.step(1, (2, lanes.CreditsAnswer(1, ()))) == []
    assert not alone.has_ended()
    assert alone.draft.entries == []
    alone.step(2, (3, lanes.CreditsAnswer(1, ())))
    assert alone.has_ended()
    assert alone.lane.wake_ms is None
    assert (len(alone.draft.entries), alone.draft.transfer_count) == (2, 2)


def test_what_has_no_answer_is_said_again_to_those_who_owe_it() -> None:
    alone = two_transfers()
    said = alone.step(0)
    alone.step(1, (2, lanes.CreditsAnswer(1, ())))
    assert alone.lane.wake_ms == RESEND_MS
    assert alone.step(RESEND_MS - 1) == []
    assert alone.step(RESEND_MS) == said[1:]


def test_a_refusal_makes_a_new_plan_that_goes_to_everybody_of_the_old_one() -> None:
    alone = two_transfers()
    alone.step(0)
    refusal = lanes.CreditsAnswer(1, (lanes.Refusal(0, 0x12),))
    said = alone.step(1, (2, refusal))
    assert said == [(2, lanes.Credits(2, ())), (3, lanes.Credits(2, ()))]
    assert alone.step(2, (2, refusal), (3, lanes.CreditsAnswer(1, ()))) == []
    assert not alone.has_ended()
    alone.step(3, (2, lanes.CreditsAnswer(2, ())), (3, lanes.CreditsAnswer(2, ())))
    assert alone.has_ended()
    assert alone.draft.entries == []
    assert alone.draft.rerouted == [Rerouted(Hash32(b"\1" * 32), ShardKey(0x12))]
    assert alone.scene.journal.changes() == {}


def test_answers_that_come_twice_change_nothing() -> None:
    alone = two_transfers()
    alone.step(0)
    answers = [(2, lanes.CreditsAnswer(1, ())), (3, lanes.CreditsAnswer(1, ()))]
    alone.step(1, *answers, *answers)
    balance = alone.scene.entry(SENDER).balance
    assert alone.step(2, *answers) == []
    assert len(alone.draft.entries) == 2
    assert alone.scene.entry(SENDER).balance == balance


def test_a_shard_with_nothing_to_send_has_ended_at_once_and_still_takes_credits() -> None:
    alone = Alone()
    assert alone.step(0) == []
    assert alone.has_ended()
    credit = lanes.Credit(recipient(5), 0, to_amount(3), True)
    assert alone.step(1, (3, lanes.Credits(1, (credit,)))) == [(3, lanes.CreditsAnswer(1, ()))]
    assert alone.draft.credits == {3: (Credit(recipient(5), ShardKey(0), Wei(3)),)}


def test_an_earlier_version_does_not_come_back() -> None:
    alone = Alone()
    first, second = lanes.Credit(recipient(5), 0, to_amount(3), True), lanes.Credits(2, ())
    alone.step(0, (3, lanes.Credits(1, (first,))), (3, second))
    assert alone.step(1, (3, lanes.Credits(1, (first,)))) == []
    assert alone.step(2, (3, second)) == [(3, lanes.CreditsAnswer(2, ()))]
    assert alone.draft.credits == {3: ()}


@pytest.mark.parametrize(
    ("is_transfer", "code", "shard_key", "refused"),
    [
        (True, b"", 0, ()),
        (True, b"\0", 0, (lanes.Refusal(0, 0),)),
        (False, b"\0", 0, ()),
        (True, b"", 4, (lanes.Refusal(0, 4),)),
        (False, b"\0", 2, (lanes.Refusal(0, 2),)),
    ],
    ids=["a user", "code", "paid out to code", "a user of another key", "a contract elsewhere"],
)
def test_a_destination_refuses_what_is_no_transfer_or_lives_elsewhere(
    is_transfer: bool, code: bytes, shard_key: int, refused: tuple[lanes.Refusal, ...]
) -> None:
    alone = Alone()
    alone.scene.state.put(recipient(5), 1, code=code, shard_key=shard_key)
    credit = lanes.Credit(recipient(5), 0, to_amount(3), is_transfer)
    (answer,) = alone.step(0, (3, lanes.Credits(1, (credit,))))
    assert answer == (3, lanes.CreditsAnswer(1, refused))


def test_an_account_that_isnt_there_yet_gets_one_key_whoever_sends_what() -> None:
    alone, away = Alone(), recipient(5, home=1)
    first, second = (lanes.Credit(away, key, to_amount(3), True) for key in (4, 8))
    (taken,) = alone.step(0, (3, lanes.Credits(1, (first,))))
    (refused,) = alone.step(1, (2, lanes.Credits(1, (second,))))
    assert taken == (3, lanes.CreditsAnswer(1, ()))
    assert refused == (2, lanes.CreditsAnswer(1, (lanes.Refusal(0, 4),)))
    assert alone.step(2, (3, lanes.Credits(1, (first,)))) == [taken]


def test_a_payout_is_what_the_account_gained_as_far_as_it_still_has_it() -> None:
    stranger, poorer = recipient(5, home=2), recipient(6, home=2)
    alone = Alone(gains={stranger: 9, poorer: 8})
    alone.scene.journal.set_balance(stranger, 100)
    alone.scene.journal.set_balance(poorer, 3)
    ((shard, credits_),) = alone.step(0)
    assert shard == THERE
    assert [from_amount(each.amount) for each in credits_.credits] == [9, 3]
    assert not any(each.is_transfer for each in credits_.credits)
    alone.step(1, (2, lanes.CreditsAnswer(1, ())))
    assert alone.scene.entry(stranger).balance == 91
    assert not alone.scene.entry(poorer).exists


def create_elsewhere(shards: Neighbours) -> None:
    """Alice creates ELSEWHERE in her shard."""
    nonce = nonce_for_home(ALICE.recipient, 2)
    before = [transfer(each, BOB.recipient) for each in range(nonce)]
    create = sign(ALICE, nonce, None, data=storing(1))
    assert shards.run(*before, create).done(create).receipt.contract == ELSEWHERE
