"""The estimate suffices, and is hardly more than needed."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.errors import Rejected
from quarkparsec.runners.evm.call import Call, Purse
from quarkparsec.runners.evm.estimate import TOLERANCE, ExecutionFailed, estimate_gas
from quarkparsec.types import Gas, Recipient, Wei
from tests.runners.assembler import assemble, deploying
from tests.runners.scene import KEY, SENDER, Scene, recipient

CONTRACT = recipient(1)
DEEP = recipient(2)
CAP = Gas(20_000_000)
PROGRAMS = {
    "stores": "7 0 SSTORE STOP",
    "is refunded": "0 1 SSTORE 0 2 SSTORE STOP",
    "passes all but one 64th": f"0 0 0 0 0 {int.from_bytes(DEEP, 'big'):#x} GAS CALL ISZERO 60 JUMPI STOP",
    "wants gas to be left": "100000 GAS LT 60 JUMPI STOP",
}
"""Jumping to 60 fails."""


def never() -> bool:
    return False


def estimate(stage: Scene, to: Recipient | None = CONTRACT, **fields: Any) -> Gas:
    wanted = Call(SENDER, to, KEY, Gas(0))._replace(**fields)
    return estimate_gas(stage.journal, wanted, stage.block, CAP, never)


def scene(program: str) -> Scene:
    made = Scene()
    made.contract(CONTRACT, assemble(program), storage={1: 1, 2: 2}, balance=5)
    made.contract(DEEP, assemble("9 0 SSTORE STOP"))
    return made


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_an_estimate_suffices_and_much_less_does_not(program: str) -> None:
    gas = estimate(scene(program))
    assert scene(program).execute(CONTRACT, gas_limit=gas).status == 1
    too_little = int(gas * (1 - TOLERANCE)) - 1
    assert scene(program).execute(CONTRACT, gas_limit=too_little).status == 0


def test_a_transfer_needs_21000() -> None:
    assert estimate(Scene(), recipient(7), value=Wei(1)) == 21_000


def test_a_creation_is_estimated_too() -> None:
    gas = estimate(Scene(), None, data=deploying(bytes(100)))
    assert Scene().execute(None, data=deploying(bytes(100)), gas_limit=gas).status == 1


def test_a_call_that_reverts_says_why() -> None:
    with pytest.raises(ExecutionFailed, match="execution reverted") as failed:
        estimate(scene("42 0 MSTORE 32 0 REVERT"))
    assert int.from_bytes(failed.value.result.output, "big") == 42


def test_a_call_that_never_has_enough_says_so() -> None:
    with pytest.raises(Rejected, match="gas required exceeds allowance \\(20000000\\)"):
        estimate(scene("JUMPDEST 0 JUMP"))


def test_a_sender_with_a_fee_cap_can_spend_what_it_has() -> None:
    stage = scene("7 0 SSTORE STOP")
    stage.state.put(SENDER, 300_000)
    with pytest.raises(Rejected, match="gas required exceeds allowance \\(30000\\)"):
        estimate(stage, max_fee_per_gas=Wei(10))
    with pytest.raises(Rejected, match="insufficient funds for transfer"):
        estimate(stage, max_fee_per_gas=Wei(10), value=Wei(300_001))


def test_an_estimate_leaves_nothing_behind() -> None:
    stage = scene("7 0 SSTORE STOP")
    estimate(stage)
    assert stage.journal.changes() == {}


def test_a_guest_pays_from_its_home_money() -> None:
    fees: dict[str, Any] = {"max_fee_per_gas": Wei(10), "value": Wei(1)}
    purse = Purse(3, Wei(210_001))
    assert estimate(Scene(), recipient(7), purse=purse, **fees) == 21_000
    poor = purse._replace(balance=Wei(0))
    with pytest.raises(Rejected, match="insufficient funds for transfer"):
        estimate(Scene(), recipient(7), purse=poor, **fees)
    with pytest.raises(Rejected, match="gas required exceeds allowance \\(21000\\)"):
        estimate(scene(PROGRAMS["stores"]), purse=purse, **fees)
