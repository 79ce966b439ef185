"""The fast path does what the EVM would do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.evm.executor import run_in_frames
from quarkparsec.runners.transfer import is_transfer, transfer
from quarkparsec.runners.validity import check
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.types import Recipient, ShardKey
from tests.runners.scene import BASE_FEE, ETHER, KEY, OTHER_KEY, SENDER, Scene, recipient

RICH, EMPTY, NOBODY = recipient(1), recipient(2), recipient(3, home=6)
ELSEWHERE = recipient(4, home=5)


def scene() -> Scene:
    made = Scene(shard_count=2)
    made.state.put(RICH, 10 * ETHER, shard_key=2)
    made.state.put(EMPTY)
    return made


@given(
    to=st.sampled_from([RICH, EMPTY, NOBODY, SENDER]),
    value=st.sampled_from([0, 1, ETHER // 2]),
    data=st.binary(max_size=40),
    tip=st.integers(0, 50),
    key=st.sampled_from([0, 2, 8]),
)
def test_a_transfer_ends_as_it_would_in_the_evm(
    to: Recipient, value: int, data: bytes, tip: int, key: int
) -> None:
    fast, slow = scene(), scene()
    transaction: Transaction = fast.transaction(
        to, value=value, data=data, max_priority_fee_per_gas=tip
    )
    terms = check(fast.journal, transaction, fast.block, 30_000_000)
    assert is_transfer(fast.journal, transaction, to, fast.block)
    quick = transfer(fast.journal, transaction, to, ShardKey(key), terms)
    assert quick == run_in_frames(slow.journal, transaction, ShardKey(key), slow.block, terms)
    assert fast.journal.changes() == slow.journal.changes()


def test_money_for_an_account_at_home_elsewhere_takes_the_long_way_unless_the_key_was_signed() -> (
    None
):
    stage = scene()
    to_home = stage.transaction(ELSEWHERE, value=3)
    assert not is_transfer(stage.journal, to_home, ELSEWHERE, stage.block)
    assert stage.execute(ELSEWHERE, value=3).gains == ((ELSEWHERE, 3),)
    stays = stage.transaction(ELSEWHERE, value=3, from_key=KEY, to_key=OTHER_KEY)
    assert is_transfer(stage.journal, stays, ELSEWHERE, stage.block)


def test_a_transfer_costs_its_sender_the_value_and_the_fees() -> None:
    stage = scene()
    done = stage.execute(NOBODY, value=5, max_priority_fee_per_gas=3)
    assert (done.gas_used, done.tip) == (21_000, 63_000)
    assert stage.entry(SENDER).balance == ETHER - 5 - 21_000 * (BASE_FEE + 3)
    assert stage.entry(NOBODY).balance == 5
    assert stage.entry(stage.block.coinbase).exists is False


def test_nothing_sent_to_nobody_creates_no_entry() -> None:
    stage = scene()
    stage.execute(NOBODY)
    assert NOBODY not in stage.journal.changes()


@pytest.mark.parametrize(
    "at",
    [Recipient(bytes(19) + b"\x02"), Recipient(bytes(19) + b"\x11")],
    ids=["sha256", "bls"],
)
def test_a_precompiled_contract_is_no_transfers_destination(at: Recipient) -> None:
    stage = scene()
    assert not is_transfer(stage.journal, stage.transaction(at), at, stage.block)


def test_an_account_that_delegates_is_no_transfers_destination() -> None:
    stage = scene()
    stage.state.put(RICH, 1, code=DELEGATION_PREFIX + EMPTY)
    assert not is_transfer(stage.journal, stage.transaction(RICH), RICH, stage.block)
