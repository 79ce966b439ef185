"""A read-only execution says whom it took for a contract in vain."""

from __future__ import annotations

import pytest

from quarkparsec.limits import STRANGERS_MAX
from quarkparsec.runners.evm.call import Call, call
from quarkparsec.runners.evm.faults import EXECUTION_REVERTED
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.types import Gas, Recipient
from tests.runners.assembler import assemble
from tests.runners.scene import KEY, OTHER_KEY, SENDER, Scene, recipient

CALLER = recipient(1)
FRIEND, FOREIGN, EMPTY, DELEGATING, UNIVERSAL = (recipient(number) for number in range(2, 7))
PRECOMPILED = Recipient(bytes(19) + b"\x04")
OUTCOMES = {"REVERT": EXECUTION_REVERTED, "RETURN": None}


def strangers(program: str, end: str = "REVERT") -> tuple[Recipient, ...]:
    """Whom the program meets in vain."""
    stage = Scene(shard_count=2, universal=frozenset((UNIVERSAL,)))
    stage.contract(CALLER, assemble(f"{program} 0 0 {end}"), balance=100)
    stage.contract(FRIEND, b"\x00")
    stage.contract(UNIVERSAL, b"\x00", shard_key=OTHER_KEY)
    stage.contract(FOREIGN, b"\x00", shard_key=OTHER_KEY)
    stage.contract(DELEGATING, DELEGATION_PREFIX + FOREIGN)
    result = call(
        stage.journal, Call(SENDER, CALLER, KEY, Gas(10_000_000)), stage.block, lambda: False
    )
    assert result.error == OUTCOMES[end]
    return result.strangers


def named(one: Recipient) -> str:
    return hex(int.from_bytes(one, "big"))


@pytest.mark.parametrize(
    "look",
    [
        "0 0 0 0 0 {} GAS CALL",
        "0 0 0 0 1 {} GAS CALL",
        "0 0 0 0 0 {} GAS CALLCODE",
        "0 0 0 0 {} GAS DELEGATECALL",
        "0 0 0 0 {} GAS STATICCALL",
        "{} EXTCODESIZE",
        "{} EXTCODEHASH",
    ],
)
def test_whoever_is_called_or_asked_for_code_and_has_none_to_show_is_a_stranger(
    look: str,
) -> None:
    met = (FRIEND, EMPTY, FOREIGN, EMPTY, UNIVERSAL, PRECOMPILED)
    assert strangers(" ".join(look.format(named(one)) for one in met)) == (EMPTY, FOREIGN)


def test_who_delegates_to_a_stranger_leads_to_it() -> None:
    assert strangers(f"0 0 0 0 0 {named(DELEGATING)} GAS CALL") == (FOREIGN,)


def test_balances_and_copies_of_code_are_nobodys_reason_to_revert() -> None:
    program = f"{named(EMPTY)} BALANCE 0 0 0 {named(FOREIGN)} EXTCODECOPY"
    assert strangers(program) == ()


def test_what_a_failed_frame_met_is_remembered() -> None:
    assert strangers(f"{named(FOREIGN)} EXTCODESIZE", end="REVERT") == (FOREIGN,)
    assert strangers(f"{named(FOREIGN)} EXTCODESIZE", end="RETURN") == (FOREIGN,)


def test_only_the_first_ones_are_remembered() -> None:
    many = [recipient(number) for number in range(100, 200)]
    program = " ".join(f"{named(one)} EXTCODESIZE POP" for one in many)
    assert strangers(program) == tuple(many[:STRANGERS_MAX])
