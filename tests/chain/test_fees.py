"""Gas schedules against py-evm and numbers worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.fees import effective_gas_price, floor_gas, intrinsic_gas, next_base_fee
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.types import Gas, Recipient, Slot, Wei
from tests.chain.signed import sign_dynamic_fee, sign_set_code

PLAIN = decode_transaction(sign_dynamic_fee(data=b"", accessList=[]))
SET_CODE = decode_transaction(sign_set_code(data=b"", accessList=[]))
SOMEBODY = Recipient(b"\x11" * 20)
SLOTS = (Slot(bytes(32)), Slot(b"\x01" * 32))


@pytest.mark.parametrize(
    ("transaction", "gas"),
    [
        (PLAIN, 21_000),
        (PLAIN._replace(data=b"\x00\x01\x00"), 21_000 + 4 + 16 + 4),
        (PLAIN._replace(to=None), 53_000),
        (PLAIN._replace(to=None, data=b"\x01" * 33), 53_000 + 33 * 16 + 2 * 2),
        (PLAIN._replace(access_list=((SOMEBODY, ()), (SOMEBODY, SLOTS))), 21_000 + 4_800 + 3_800),
        (SET_CODE, 46_000),
    ],
)
def test_intrinsic_gas(transaction: Transaction, gas: int) -> None:
    assert intrinsic_gas(transaction, "prague") == gas


@pytest.mark.parametrize(
    ("data", "gas"),
    [(b"", 21_000), (b"\x00", 21_010), (b"\x01", 21_040), (b"\x00\x01" * 500, 46_000)],
)
def test_the_floor_counts_tokens_since_prague(data: bytes, gas: int) -> None:
    assert floor_gas(PLAIN._replace(data=data), "prague") == gas
    assert floor_gas(PLAIN._replace(data=data), "cancun") == 0


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_the_price_is_base_fee_and_tip_up_to_the_cap(base_fee: int, tip: int, spare: int) -> None:
    cap = base_fee + spare
    transaction = PLAIN._replace(max_fee_per_gas=cap, max_priority_fee_per_gas=tip)
    price = effective_gas_price(transaction, Wei(base_fee))
    assert price == (base_fee + tip if tip <= spare else cap)


@given(st.integers(0, 10**15), st.integers(42_000, 10**9), st.floats(0, 1))
def test_the_base_fee_moves_as_eip_1559_says(base_fee: int, limit: int, fullness: float) -> None:
    used = int(limit * fullness)
    parent = SimpleNamespace(base_fee_per_gas=base_fee, gas_limit=limit, gas_used=used)
    expected = calculate_expected_base_fee_per_gas(parent)
    assert next_base_fee(Wei(base_fee), Gas(used), Gas(limit)) == expected


def test_full_blocks_raise_the_base_fee_from_nothing() -> None:
    assert next_base_fee(Wei(0), Gas(30_000_000), Gas(30_000_000)) == 1
