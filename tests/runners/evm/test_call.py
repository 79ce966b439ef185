"""A call that nobody signed: it may do anything, and nothing of it stays."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.legs import Endowment
from quarkparsec.errors import Rejected
from quarkparsec.runners.evm.call import (
    Call,
    CallResult,
    GasTooLow,
    HomesNeeded,
    Purse,
    call,
)
from quarkparsec.runners.evm.executor import execute_ticketed
from quarkparsec.runners.evm.faults import ADDRESS_COLLISION, EXECUTION_REVERTED
from quarkparsec.runners.evm.world import NO_ENDOWMENTS, OutOfTime
from quarkparsec.runners.validity import InsufficientFunds
from quarkparsec.types import Gas, Recipient, ShardKey, Wei
from tests.runners.assembler import assemble, deploying, returning
from tests.runners.scene import BASE_FEE, ETHER, KEY, OTHER_KEY, SENDER, Scene, done, recipient

CONTRACT = recipient(1)
POOR = recipient(2)


def never() -> bool:
    return False


def run(stage: Scene, to: Recipient | None = CONTRACT, **fields: Any) -> CallResult:
    wanted = Call(SENDER, to, KEY, Gas(1_000_000))._replace(**fields)
    return call(stage.journal, wanted, stage.block, never)


def scene(program: str, **rest: Any) -> Scene:
    made = Scene()
    made.contract(CONTRACT, assemble(program), **rest)
    return made


def test_a_call_answers_and_leaves_nothing_behind() -> None:
    stage = scene(f"7 0 SSTORE 0 0 0 CREATE POP 1 0 TSTORE 0 SLOAD {returning(1)}")
    for _ in range(2):
        result = run(stage, value=Wei(5))
        assert (int.from_bytes(result.output, "big"), result.error) == (7, None)
    assert stage.journal.changes() == {}
    assert stage.journal.undo == []
    assert stage.execute(CONTRACT).gas_used == result.gas_used


def test_a_revert_gives_its_reason() -> None:
    result = run(scene("42 0 MSTORE 32 0 REVERT"))
    assert result.error == EXECUTION_REVERTED
    assert int.from_bytes(result.output, "big") == 42


def test_gas_is_free_without_a_fee_cap() -> None:
    stage = scene(f"BASEFEE GASPRICE CALLER BALANCE {returning(3)}")
    output = run(stage).output
    assert output == (ETHER).to_bytes(32, "big") + bytes(64)
    assert run(stage, sender=POOR).output == bytes(96)


def test_gas_is_paid_with_a_fee_cap() -> None:
    stage = scene(f"BASEFEE GASPRICE CALLER BALANCE {returning(3)}")
    fees: dict[str, Any] = {"max_fee_per_gas": Wei(20), "max_priority_fee_per_gas": Wei(2)}
    output = run(stage, **fees).output
    words = [int.from_bytes(output[at : at + 32], "big") for at in (0, 32, 64)]
    assert words == [ETHER - 1_000_000 * 9, 9, BASE_FEE]
    with pytest.raises(InsufficientFunds):
        run(stage, sender=POOR, **fees)
    with pytest.raises(Rejected, match="max fee per gas less than block base fee"):
        run(stage, max_fee_per_gas=Wei(6))


def test_value_must_be_there() -> None:
    with pytest.raises(InsufficientFunds, match="insufficient funds for gas \\* price \\+ value"):
        run(scene("STOP"), sender=POOR, value=Wei(1))


def test_a_creation_answers_with_the_code() -> None:
    stage = Scene()
    assert run(stage, to=None, data=deploying(b"\x01\x02")).output == b"\x01\x02"
    assert stage.journal.changes() == {}


def test_a_guest_has_the_nonce_and_the_money_of_its_home() -> None:
    purse = Purse(7, Wei(100))
    for sender in (SENDER, POOR):
        stage = scene(f"CALLVALUE {returning(1)}")
        for value in (0, 30, 100):
            result = run(stage, sender=sender, purse=purse, value=Wei(value))
            assert int.from_bytes(result.output, "big") == value
        with pytest.raises(InsufficientFunds, match="have 100 want 101"):
            run(stage, sender=sender, purse=purse, value=Wei(101))
        where = assemble(f"ADDRESS {returning(1)}")
        created = run(stage, to=None, sender=sender, purse=purse, data=where).output
        assert created[12:] == create_address(sender, 7)
        assert stage.journal.changes() == {}
        assert stage.journal.undo == []


GUEST = recipient(0x51, home=1)
"""At home in the other shard of two."""
PAYS_BACK = f"0 0 0 0 9 {hex(int.from_bytes(GUEST, 'big'))} GAS CALL POP"


@pytest.mark.parametrize("key", [None, KEY, OTHER_KEY], ids=["nothing", "own key", "other key"])
@pytest.mark.parametrize(("program", "gained"), [("", 0), (PAYS_BACK, 9)], ids=["", "paid back"])
def test_a_guest_sees_of_its_money_what_it_would_see_in_a_transaction(
    key: ShardKey | None, program: str, gained: int
) -> None:
    """Whatever it has here, under whichever key."""
    stage = Scene(shard_count=2)
    stage.contract(CONTRACT, assemble(f"{program} SELFBALANCE CALLER BALANCE {returning(2)}"))
    if key is not None:
        stage.state.put(GUEST, 55, shard_key=key)
    sent = stage.transaction(CONTRACT, sender=GUEST, nonce=7, value=30)
    called = run(
        stage,
        sender=GUEST,
        purse=Purse(7, Wei(ETHER)),
        value=Wei(30),
        gas_limit=sent.gas_limit,
        max_fee_per_gas=sent.max_fee_per_gas,
        max_priority_fee_per_gas=sent.max_priority_fee_per_gas,
    )
    money = Wei(sent.gas_limit * (BASE_FEE + sent.max_priority_fee_per_gas) + sent.value)
    done_for_good = execute_ticketed(
        stage.journal, sent, KEY, stage.block, 30_000_000, NO_ENDOWMENTS, money
    )
    output = done(done_for_good).output
    assert called.output == output
    assert called.gas_used == done(done_for_good).gas_used
    assert output == b"".join(word.to_bytes(32, "big") for word in (gained, 30 - gained))


def test_what_waits_at_the_home_of_a_new_contract_has_to_be_known() -> None:
    stage = Scene(shard_count=2)
    nonce = next(nonce for nonce in range(9) if create_address(SENDER, nonce)[-1] & 1)
    away = create_address(SENDER, nonce)
    fields: dict[str, Any] = {"to": None, "purse": Purse(nonce, Wei(0))}
    fields["data"] = assemble(f"SELFBALANCE {returning(1)}")
    with pytest.raises(HomesNeeded) as needed:
        run(stage, **fields)
    assert needed.value.recipients == (away,)
    result = run(stage, **fields, endowments={away: Endowment(away, Wei(9), is_taken=False)})
    assert (int.from_bytes(result.output, "big"), result.error) == (9, None)
    taken = run(stage, **fields, endowments={away: Endowment(away, Wei(9), is_taken=True)})
    assert taken.error == ADDRESS_COLLISION
    assert stage.journal.changes() == {}
    assert stage.journal.undo == []


def test_gas_must_pay_for_the_start() -> None:
    with pytest.raises(GasTooLow, match="intrinsic gas too low: have 20999, want 21000"):
        run(scene("STOP"), gas_limit=Gas(20_999))


@pytest.mark.parametrize(
    "program",
    [
        "JUMPDEST 0 JUMP",
        "JUMPDEST 1 0 JUMPI",
        "0 0 0 0 ADDRESS GAS STATICCALL",
        "0 0 0 0 2 GAS STATICCALL " * 50,
    ],
    ids=["loop", "conditional loop", "recursion", "precompiled"],
)
def test_a_call_that_takes_too_long_is_stopped(program: str) -> None:
    stage = scene(program)
    looks = iter(range(1_000_000))
    wanted = Call(SENDER, CONTRACT, KEY, Gas(2**40))
    with pytest.raises(OutOfTime):
        call(stage.journal, wanted, stage.block, lambda: next(looks) == 40)
    assert stage.journal.undo == []
    assert stage.journal.changes() == {}
