"""What may not be in a block is refused before it changes anything, in geth's words."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.transaction import SET_CODE, UnsupportedType
from quarkparsec.errors import Rejected
from quarkparsec.runners.validity import (
    GasLimitReached,
    InsufficientFunds,
    NonceTooHigh,
    NonceTooLow,
    check,
)
from quarkparsec.state.account import DELEGATION_PREFIX
from tests.runners.scene import ETHER, SENDER, Scene, recipient

TO = recipient(1)
ACCESS_LIST: AccessList = ((TO, ()),)

REFUSED: dict[str, tuple[type[Rejected], str, dict[str, Any]]] = {
    "nonce behind": (NonceTooLow, "nonce too low: address 0x11", {"nonce": 4}),
    "nonce ahead": (NonceTooHigh, "nonce too high: address 0x11", {"nonce": 6}),
    "fee cap": (
        Rejected,
        "max fee per gas less than block base fee",
        {"max_fee_per_gas": 6, "max_priority_fee_per_gas": 0},
    ),
    "value": (InsufficientFunds, "insufficient funds for gas * price + value", {"value": ETHER}),
    "fees": (
        InsufficientFunds,
        "insufficient funds for gas * price + value",
        {"max_fee_per_gas": ETHER},
    ),
    "block full": (GasLimitReached, "gas limit reached", {"gas_limit": 30_000_001}),
    "no gas": (Rejected, "intrinsic gas too low: have 20999, want 21000", {"gas_limit": 20_999}),
    "access list": (
        Rejected,
        "intrinsic gas too low: have 23399, want 23400",
        {"gas_limit": 23_399, "access_list": ACCESS_LIST},
    ),
    "data": (
        Rejected,
        "insufficient gas for floor data gas cost: have 21039, want 21040",
        {"gas_limit": 21_039, "data": b"\x01"},
    ),
    "initcode words": (
        Rejected,
        "intrinsic gas too low: have 54259, want 54260",
        {"gas_limit": 54_259, "to": None, "data": b"\x00" * 65 + b"\x01" * 62},
    ),
}


def scene() -> Scene:
    made = Scene()
    made.state.put(SENDER, ETHER, nonce=5)
    return made


@pytest.mark.parametrize(("kind", "words", "fields"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_transaction_is_refused_and_changes_nothing(
    kind: type[Rejected], words: str, fields: dict[str, Any]
) -> None:
    stage = scene()
    with pytest.raises(kind) as refused:
        stage.execute(**({"to": TO} | fields))
    assert str(refused.value).startswith(words)
    assert stage.journal.changes() == {}


def test_a_block_with_little_gas_left_refuses_a_large_transaction() -> None:
    stage = scene()
    transaction = stage.transaction(TO, gas_limit=50_000)
    with pytest.raises(GasLimitReached):
        check(stage.journal, transaction, stage.block, 49_999)
    assert check(stage.journal, transaction, stage.block, 50_000).intrinsic_gas == 21_000


def test_a_contract_signs_nothing() -> None:
    stage = scene()
    stage.state.put(SENDER, ETHER, code=b"\x00")
    with pytest.raises(Rejected, match="sender not an eoa"):
        stage.execute(TO)


def test_an_account_that_delegates_still_signs_in_prague_only() -> None:
    for fork, accepted in (("prague", True), ("cancun", False)):
        stage = Scene(fork=fork)  # type: ignore[arg-type]
        stage.state.put(SENDER, ETHER, code=DELEGATION_PREFIX + TO)
        if accepted:
            assert stage.execute(TO).status == 1
        else:
            with pytest.raises(Rejected, match="sender not an eoa"):
                stage.execute(TO)


def test_cancun_knows_no_set_code_transactions() -> None:
    with pytest.raises(UnsupportedType, match="transaction type not supported"):
        Scene(fork="cancun").execute(TO, type=SET_CODE)


def test_the_floor_of_data_gas_came_with_prague() -> None:
    assert Scene(fork="cancun").execute(TO, data=b"\x01" * 10).gas_used == 21_160
    assert Scene(fork="prague").execute(TO, data=b"\x01" * 10).gas_used == 21_400


def test_the_price_is_base_fee_and_tip_within_the_cap() -> None:
    stage = scene()
    transaction = stage.transaction(TO, max_fee_per_gas=9, max_priority_fee_per_gas=5)
    terms = check(stage.journal, transaction, stage.block, 30_000_000)
    assert (terms.gas_price, terms.tip) == (9, 2)
