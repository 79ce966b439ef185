"""The pool: who gets in, in which order they come out, and who gives way."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT
from quarkparsec.errors import Rejected
from quarkparsec.limits import POOL_ACCOUNT_PENDING_MAX, POOL_ACCOUNT_QUEUED_MAX, POOL_LIFETIME_MS
from quarkparsec.shard.account_queue import Candidate, Pooled
from quarkparsec.shard.admission import Rules
from quarkparsec.shard.block_draft import Rerouted
from quarkparsec.shard.pool import Capacity, Pool
from quarkparsec.state.account import Account
from quarkparsec.types import Epoch, Gas, Hash32, Nonce, Recipient, ShardId, ShardKey, Wei
from quarkparsec.wire.epoch import Work

ALICE, BOB, CAROL = (Recipient(bytes((index,)) * 20) for index in (1, 2, 3))
COINBASE = Recipient(bytes(20))
RULES = Rules(chain_id=7, fork="prague", gas_limit=Gas(1_000_000), coinbase=COINBASE)
KEY = ShardKey(5)
RICH = Wei(10**18)


def signed(
    sender: Recipient = ALICE,
    nonce: int = 0,
    price: int = 100,
    tip: int | None = None,
    gas_limit: int = 21_000,
    value: int = 0,
    chain_id: int = 7,
    data: bytes = b"",
) -> Transaction:
    """A transaction as it would come out of decoding; nobody looks at the signature any more."""
    tip = price if tip is None else tip
    name = repr((sender, nonce, price, tip, gas_limit, value, data)).encode()
    return Transaction(
        type=2,
        chain_id=chain_id,
        nonce=nonce,
        max_priority_fee_per_gas=tip,
        max_fee_per_gas=price,
        gas_limit=gas_limit,
        to=BOB,
        value=value,
        data=data,
        access_list=(),
        authorizations=(),
        parity=0,
        r=1,
        s=1,
        sender=sender,
        hash=Hash32(name.rjust(32)),
        raw=data or name,
    )


def add(
    pool: Pool, transaction: Transaction, nonce: int = 0, balance: int = RICH, now_ms: int = 0
) -> None:
    account = Account(Nonce(nonce), Wei(balance), EMPTY_TRIE_ROOT, EMPTY_HASH, KEY)
    pool.add(Candidate(transaction, KEY), account, now_ms, Epoch(1))


def chosen(pool: Pool, base_fee: int = 1, count_max: int = 100) -> list[tuple[Recipient, int]]:
    return [
        (Recipient(candidate.sender), candidate.nonce)
        for candidate in pool.candidates(Wei(base_fee), count_max)
    ]


def test_candidates_come_by_tip_and_each_sender_in_nonce_order() -> None:
    pool = Pool(RULES)
    add(pool, signed(ALICE, 0, price=10))
    add(pool, signed(ALICE, 1, price=90))
    add(pool, signed(BOB, 0, price=50))
    assert chosen(pool) == [(BOB, 0), (ALICE, 0), (ALICE, 1)]


def test_what_waits_for_an_earlier_nonce_or_for_money_is_queued() -> None:
    pool = Pool(RULES)
    later, gapped = signed(ALICE, 0), signed(ALICE, 2)
    for each in (later, gapped):
        add(pool, each)
    assert [pool.is_queued(_found(pool, each)) for each in (later, gapped)] == [False, True]
    add(pool, signed(ALICE, 1))
    assert not pool.is_queued(_found(pool, gapped))
    pool.update(ALICE, Nonce(0), Wei(_found(pool, later).cost))
    assert [pool.is_queued(_found(pool, each)) for each in (later, gapped)] == [False, True]


def _found(pool: Pool, transaction: Transaction) -> Pooled:
    item = pool.find(transaction.hash)
    assert item is not None
    return item


def test_the_earlier_arrival_is_first_among_equal_tips() -> None:
    pool = Pool(RULES)
    for sender in (CAROL, ALICE, BOB):
        add(pool, signed(sender))
    assert chosen(pool) == [(CAROL, 0), (ALICE, 0), (BOB, 0)]


def test_the_tip_is_what_the_fee_cap_leaves_above_the_base_fee() -> None:
    pool = Pool(RULES)
    add(pool, signed(ALICE, price=100, tip=90))
    add(pool, signed(BOB, price=120, tip=30))
    assert chosen(pool, base_fee=95) == [(BOB, 0), (ALICE, 0)]


def test_an_underpriced_transaction_waits_and_so_does_what_follows_it() -> None:
    pool = Pool(RULES)
    add(pool, signed(ALICE, 0, price=10))
    add(pool, signed(ALICE, 1, price=1_000))
    assert chosen(pool, base_fee=11) == []
    assert pool.work(Wei(11)) == Work.PATIENT
    assert pool.work(Wei(10)) == Work.READY


def test_a_gap_is_closed_by_the_transaction_that_fits() -> None:
    pool = Pool(RULES)
    add(pool, signed(nonce=1))
    assert chosen(pool) == []
    assert pool.work(Wei(1)) == Work.NONE
    assert pool.pending_nonce(ALICE) == 0
    add(pool, signed(nonce=0))
    assert chosen(pool) == [(ALICE, 0), (ALICE, 1)]
    assert pool.pending_nonce(ALICE) == 2


@pytest.mark.parametrize(
    ("transaction", "words"),
    [
        (signed(chain_id=8), "invalid chain id for signer"),
        (signed(gas_limit=1_000_001), "exceeds block gas limit"),
        (signed(gas_limit=20_999), "intrinsic gas too low"),
        (signed(gas_limit=22_000, data=b"\1" * 50), "insufficient gas for floor data gas cost"),
        (signed(nonce=4), "nonce too low: next nonce 5, tx nonce 4"),
        (signed(nonce=5, value=RICH), "insufficient funds for gas * price + value"),
    ],
)
def test_a_refusal_is_in_geths_words(transaction: Transaction, words: str) -> None:
    with pytest.raises(Rejected) as refusal:
        add(Pool(RULES), transaction, nonce=5)
    assert str(refusal.value).startswith(words)


def test_the_same_transaction_is_known() -> None:
    pool = Pool(RULES)
    add(pool, signed())
    with pytest.raises(Rejected, match=r"^already known$"):
        add(pool, signed())


@pytest.mark.parametrize(("price", "tip"), [(109, 110), (110, 109), (100, 100)])
def test_a_replacement_must_raise_fee_cap_and_tip_by_a_tenth(price: int, tip: int) -> None:
    pool = Pool(RULES)
    add(pool, signed(price=100, tip=100))
    with pytest.raises(Rejected, match=r"^replacement transaction underpriced$"):
        add(pool, signed(price=price, tip=tip, value=1))
    add(pool, signed(price=110, tip=110, value=1))
    assert len(pool) == 1
    assert pool.candidates(Wei(1), 9)[0].executable.transaction.value == 1


def test_all_pending_of_an_account_together_must_be_payable() -> None:
    pool = Pool(RULES)
    one = 21_000 * 100
    add(pool, signed(nonce=0), balance=2 * one - 1)
    with pytest.raises(Rejected, match=f"queued cost {one}, tx cost {one}, overshot 1"):
        add(pool, signed(nonce=1), balance=2 * one - 1)


def test_a_commit_drops_what_it_made_stale_and_frees_what_waited_for_money() -> None:
    pool = Pool(RULES)
    for nonce in range(3):
        add(pool, signed(nonce=nonce))
    pool.update(ALICE, Nonce(2), Wei(0))
    assert chosen(pool) == []
    assert len(pool) == 0
    add(pool, signed(nonce=3), nonce=2)
    pool.update(ALICE, Nonce(3), RICH)
    assert chosen(pool) == [(ALICE, 3)]


def test_an_invalid_transaction_is_dropped_and_its_successors_wait() -> None:
    pool = Pool(RULES)
    for nonce in range(3):
        add(pool, signed(nonce=nonce))
    pool.drop(signed(nonce=1).hash)
    assert chosen(pool) == [(ALICE, 0)]
    add(pool, signed(nonce=1, value=7))
    assert chosen(pool) == [(ALICE, 0), (ALICE, 1), (ALICE, 2)]


def test_what_waits_too_long_is_forgotten() -> None:
    pool = Pool(RULES)
    add(pool, signed(ALICE), now_ms=1)
    add(pool, signed(BOB), now_ms=2)
    pool.expire(1 + POOL_LIFETIME_MS)
    assert chosen(pool) == [(BOB, 0)]


def test_one_account_has_its_bounds() -> None:
    pool = Pool(RULES)
    for nonce in range(POOL_ACCOUNT_PENDING_MAX):
        add(pool, signed(nonce=nonce))
    with pytest.raises(Rejected, match="account limit exceeded"):
        add(pool, signed(nonce=POOL_ACCOUNT_PENDING_MAX))
    for nonce in range(POOL_ACCOUNT_QUEUED_MAX):
        add(pool, signed(BOB, nonce=2 + nonce))
    with pytest.raises(Rejected, match="account limit exceeded"):
        add(pool, signed(BOB, nonce=2 + POOL_ACCOUNT_QUEUED_MAX))


def test_a_full_pool_makes_the_largest_holder_give_way() -> None:
    pool = Pool(RULES, Capacity(transactions_max=40))
    for nonce in range(40):
        add(pool, signed(ALICE, nonce, price=1_000))
    add(pool, signed(BOB, price=1))
    assert len(pool) == 40
    assert (ALICE, 39) not in chosen(pool)
    assert (BOB, 0) in chosen(pool)


def test_a_full_pool_of_small_holders_gives_way_to_a_higher_price_only() -> None:
    pool = Pool(RULES, Capacity(transactions_max=2))
    add(pool, signed(ALICE, price=20))
    add(pool, signed(BOB, price=30))
    with pytest.raises(Rejected, match=r"^transaction underpriced$"):
        add(pool, signed(CAROL, price=20))
    add(pool, signed(CAROL, price=21))
    assert chosen(pool) == [(BOB, 0), (CAROL, 0)]


def test_gapped_transactions_are_the_first_to_go_and_the_last_to_come() -> None:
    pool = Pool(RULES, Capacity(transactions_max=2))
    add(pool, signed(ALICE, nonce=5, price=1_000))
    add(pool, signed(BOB, price=1))
    with pytest.raises(Rejected, match=r"^txpool is full$"):
        add(pool, signed(CAROL, nonce=3, price=9_999))
    add(pool, signed(CAROL, price=1))
    assert chosen(pool) == [(BOB, 0), (CAROL, 0)]


def test_bytes_are_bounded_too() -> None:
    pool = Pool(RULES, Capacity(bytes_max=1_000))
    add(pool, signed(ALICE, data=b"\0" * 800, gas_limit=100_000, price=5))
    with pytest.raises(Rejected, match="underpriced"):
        add(pool, signed(BOB, data=b"\0" * 800, gas_limit=100_000, price=5))
    assert pool.size_bytes <= 1_000


def test_a_transfer_that_turned_out_to_be_a_call_waits_in_its_place_for_another_lane() -> None:
    pool = Pool(RULES)
    first, call, after = (signed(nonce=nonce) for nonce in range(3))
    for transaction in (first, call, after):
        add(pool, transaction)
    account = Account(Nonce(1), RICH, EMPTY_TRIE_ROOT, EMPTY_HASH, KEY)
    rerouted = [Rerouted(each, ShardKey(9)) for each in (call.hash, Hash32(bytes(32)))]
    pool.follow({ALICE: account}, (), rerouted)
    waiting = pool.candidates(Wei(1), 9)
    assert [each.executable for each in waiting] == [
        Candidate(call, ShardKey(9), runs_code=True),
        Candidate(after, KEY),
    ]
    assert [each.label.is_whole for each in waiting] == [True, False]
    found = pool.find(call.hash)
    assert found is not None
    assert found.entry.to_key == 9


class PoolMachine(RuleBasedStateMachine):
    """Whatever comes, the bounds hold and what is executable has nonces without gaps."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool(RULES, Capacity(transactions_max=24, bytes_max=4_000))
        self.accounts = dict.fromkeys((ALICE, BOB, CAROL), (0, 50 * 21_000 * 100))

    @rule(
        sender=st.sampled_from((ALICE, BOB, CAROL)),
        ahead=st.integers(0, 30),
        price=st.integers(1, 300),
        value=st.integers(0, 10**7),
    )
    def arrive(self, sender: Recipient, ahead: int, price: int, value: int) -> None:
        nonce, balance = self.accounts[sender]
        transaction = signed(sender, nonce + ahead, price, value=value)
        before = len(self.pool)
        try:
            add(self.pool, transaction, nonce, balance)
        except Rejected:
            assert len(self.pool) <= before
        else:
            assert self.pool.find(transaction.hash) is not None

    @precondition(lambda self: len(self.pool) > 0)
    @rule(count=st.integers(1, 8), balance=st.integers(0, 60 * 21_000 * 100))
    def commit(self, count: int, balance: int) -> None:
        for sender, nonce in chosen(self.pool, count_max=count):
            self.accounts[sender] = nonce + 1, balance
            self.pool.update(sender, Nonce(nonce + 1), Wei(balance))

    @precondition(lambda self: len(self.pool.candidates(Wei(1), 1)) > 0)
    @rule()
    def find_invalid(self) -> None:
        self.pool.drop(self.pool.candidates(Wei(1), 1)[0].hash)

    @invariant()
    def is_within_bounds(self) -> None:
        assert len(self.pool) <= 24
        assert 0 <= self.pool.size_bytes <= 4_000

    @invariant()
    def executable_nonces_have_no_gap_and_are_payable(self) -> None:
        candidates = self.pool.candidates(Wei(0), 1_000)
        for sender, (nonce, balance) in self.accounts.items():
            mine = [each.executable.transaction for each in candidates if each.sender == sender]
            assert [each.nonce for each in mine] == list(range(nonce, nonce + len(mine)))
            assert (
                sum(each.gas_limit * each.max_fee_per_gas + each.value for each in mine) <= balance
            )
            assert self.pool.pending_nonce(sender) in (None, nonce + len(mine))


TestPoolMachine = PoolMachine.TestCase


# --- splits


def test_strangers_are_given_away_in_nonce_order_and_all_others_stay() -> None:
    """Of two shards, 0: Alice's home is shard 1, Bob's shard 0."""
    pool = Pool(RULES)
    replaced = signed(nonce=0, price=100)
    for transaction in (replaced, *(signed(nonce=nonce) for nonce in range(1, 400))):
        add(pool, transaction)
    raised = signed(nonce=0, price=200)
    add(pool, raised)
    add(pool, signed(nonce=500))
    add(pool, signed(BOB))
    given = pool.take_strangers(ShardId(0), 2)
    assert [each.transaction.nonce for each in given] == [*range(400), 500]
    assert given[0].transaction == raised
    assert [item.transaction.sender for item in pool] == [BOB]
    assert pool.size_bytes == len(signed(BOB).raw)
