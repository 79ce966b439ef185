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
    Terms,
    check,
)
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.types import Recipient, ShardKey
from tests.runners.scene import ETHER, SENDER, Scene, recipient

TO = recipient(1)
FAR = recipient(2, home=1)
"""At home in another shard, when there are two."""
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


def check_all(stage: Scene, to: Recipient | None, **fields: Any) -> Terms:
    """The terms of a transaction of SENDER, alone in its block."""
    transaction = stage.transaction(to, **fields)
    return check(stage.journal, transaction, stage.block, stage.block.gas_limit)


@pytest.mark.parametrize(("kind", "words", "fields"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_transaction_is_refused_and_changes_nothing(
    kind: type[Rejected], words: str, fields: dict[str, Any]
) -> None:
    stage = scene()
    with pytest.raises(kind) as refused:
        check_all(stage, **({"to": TO} | fields))
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
        check_all(stage, TO)


def test_an_account_that_delegates_still_signs_in_prague_only() -> None:
    for fork, accepted in (("prague", True), ("cancun", False)):
        stage = Scene(fork=fork)  # type: ignore[arg-type]
        stage.state.put(SENDER, ETHER, code=DELEGATION_PREFIX + TO)
        if accepted:
            assert stage.execute(TO).status == 1
        else:
            with pytest.raises(Rejected, match="sender not an eoa"):
                check_all(stage, TO)


def test_cancun_knows_no_set_code_transactions() -> None:
    with pytest.raises(UnsupportedType, match="transaction type not supported"):
        check_all(Scene(fork="cancun"), TO, type=SET_CODE)


def test_the_floor_of_data_gas_came_with_prague() -> None:
    assert Scene(fork="cancun").execute(TO, data=b"\x01" * 10).gas_used == 21_160
    assert Scene(fork="prague").execute(TO, data=b"\x01" * 10).gas_used == 21_400


def test_the_price_is_base_fee_and_tip_within_the_cap() -> None:
    stage = scene()
    transaction = stage.transaction(TO, max_fee_per_gas=9, max_priority_fee_per_gas=5)
    terms = check(stage.journal, transaction, stage.block, 30_000_000)
    assert (terms.gas_price, terms.tip) == (9, 2)


# --- explicit shard keys


def at_key(key: int, **rest: Any) -> dict[str, Any]:
    """The fields of a transaction that was signed for a key."""
    return {"to": FAR, "from_key": ShardKey(key), "to_key": ShardKey(key), **rest}


def test_the_key_that_was_signed_for_is_the_key_that_pays() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    assert stage.execute(key=ShardKey(4), **at_key(4, value=1)).status == 1
    assert stage.entry(FAR).shard_key == 4


def test_another_keys_money_counts_as_none() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    words = r"have 0 want \d+ under key 0x00000002, the account here has key 0x00000004$"
    with pytest.raises(InsufficientFunds, match=words):
        check_all(stage, **at_key(2))
    assert stage.journal.changes() == {}


def test_another_keys_nonce_is_not_used_up_even_for_nothing() -> None:
    stage = Scene(shard_count=2, base_fee=0)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    free = {"max_fee_per_gas": 0, "max_priority_fee_per_gas": 0}
    with pytest.raises(InsufficientFunds, match="have 0 want 0 under key"):
        check_all(stage, **at_key(2, **free))
    with pytest.raises(InsufficientFunds, match=r"have 0 want 0 under key 0x00000002$"):
        check_all(stage, **at_key(2, **free, sender=recipient(8), nonce=0))
    assert stage.journal.changes() == {}


def test_an_address_that_the_shard_has_no_room_for_is_not_paid() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    stage.state.put(FAR, 1, shard_key=2)
    words = r"no account under key 0x00000004: 0x\w+ has key 0x00000002 in this shard"
    for to in (FAR, recipient(9, home=2)):  # one lives under another key, one would
        with pytest.raises(Rejected, match=words):
            check_all(stage, **at_key(4, to=to))
    assert stage.journal.changes() == {}
    assert stage.execute(**at_key(4, to=recipient(9, home=4)), value=1).status == 1


def test_a_contract_of_another_key_is_left_to_the_contract_rule() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    stage.contract(FAR, b"\x00", shard_key=2)
    assert stage.execute(key=ShardKey(4), **at_key(4)).status == 0


def test_a_precompiled_contract_is_there_under_every_key() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    identity = Recipient(bytes(19) + b"\x04")
    fields = at_key(4, to=identity, to_key=ShardKey(8))
    assert stage.execute(key=ShardKey(8), **fields, data=b"\x07").output == b"\x07"


def test_a_target_in_another_shard_is_not_judged_here() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    stage.state.put(FAR, 1, shard_key=2)
    transaction = stage.transaction(**at_key(4, to_key=ShardKey(3)))
    assert check(stage.journal, transaction, stage.block, 30_000_000).intrinsic_gas == 21_000


def test_a_contract_gets_the_key_that_it_was_created_for() -> None:
    stage = Scene(shard_count=2)
    stage.state.put(SENDER, ETHER, nonce=5, shard_key=4)
    done = stage.execute(key=ShardKey(8), **at_key(4, to=None, to_key=ShardKey(8)))
    assert done.contract is not None
    assert stage.entry(done.contract).shard_key == 8
