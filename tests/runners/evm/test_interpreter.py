"""How frames end, in geth's words; and how deep they go."""

from __future__ import annotations

import threading

import pytest

from quarkparsec.limits import ANALYSED_CODES_MAX
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.evm.frame import jump_destinations
from quarkparsec.types import Gas
from tests.runners.assembler import assemble, push
from tests.runners.scene import SENDER, Scene, done, recipient

CONTRACT = recipient(1)
CODE_TOO_LARGE = assemble("24577 0 RETURN")
INITCODE_TOO_LARGE = assemble("49153 0 0 CREATE STOP")

FAULTS = {
    "JUMPDEST 0 JUMP": "out of gas",
    "INVALID": "invalid opcode: INVALID",
    "1 ADD": "stack underflow (1 <=> 2)",
    "POP": "stack underflow (0 <=> 1)",
    "JUMPDEST 1 0 JUMP": "stack limit reached 1024 (1023)",
    "1 JUMP": "invalid jump destination",
    "0xffffffffffffffffffff JUMP": "invalid jump destination",
    "2 JUMP": "invalid jump destination",
    "1 0 0 RETURNDATACOPY": "return data out of bounds",
    "0 0 REVERT": "execution reverted",
    "1 0 MLOAD 0xffffffffffffffff MLOAD": "out of gas",
}
STATIC_FAULTS = ["1 0 SSTORE", "1 0 TSTORE", "0 0 LOG0", "0 0 0 CREATE", "0 SELFDESTRUCT"]


@pytest.mark.parametrize(("program", "words"), FAULTS.items())
def test_a_fault_has_geths_words(program: str, words: str) -> None:
    stage = Scene()
    stage.contract(CONTRACT, assemble(program))
    ended = stage.execute(CONTRACT, gas_limit=200_000)
    assert (ended.status, ended.error) == (0, words)


@pytest.mark.parametrize(
    ("initcode", "words"),
    [
        (CODE_TOO_LARGE, "max code size exceeded"),
        (INITCODE_TOO_LARGE, "max initcode size exceeded"),
        (push(0xEF) + assemble("0 MSTORE8 1 0 RETURN"), "invalid code: must not begin with 0xef"),
        (assemble("9000 0 RETURN"), "contract creation code storage out of gas"),
    ],
    ids=["code", "init code", "first byte", "deposit"],
)
def test_a_creation_that_may_not_be_has_geths_words(initcode: bytes, words: str) -> None:
    assert Scene().execute(None, data=initcode).error == words


def test_an_undefined_opcode_is_named_by_its_number() -> None:
    stage = Scene()
    stage.contract(CONTRACT, b"\x0c")
    assert stage.execute(CONTRACT).error == "invalid opcode: opcode 0xc not defined"


@pytest.mark.parametrize("program", STATIC_FAULTS)
def test_nothing_is_written_below_a_static_call(program: str) -> None:
    callee = recipient(2)
    word = hex(int.from_bytes(callee, "big"))
    stage = Scene()
    stage.contract(CONTRACT, assemble(f"0 0 0 0 {word} 90000 STATICCALL 0 MSTORE 32 0 RETURN"))
    stage.contract(callee, assemble(f"{program} STOP"))
    assert stage.execute(CONTRACT).output == bytes(32)


def test_a_jump_into_a_pushs_data_fails() -> None:
    stage = Scene()
    stage.contract(CONTRACT, assemble("3 JUMP") + b"\x60\x5b\x00")
    assert stage.execute(CONTRACT).error == "invalid jump destination"


def test_the_end_of_the_code_is_a_stop_and_pushes_past_it_give_zeros() -> None:
    stage = Scene()
    stage.contract(CONTRACT, b"\x61\x01")
    assert stage.execute(CONTRACT).status == 1


def depth_reached(stage: Scene) -> int:
    """Calls itself as deep as it goes; every frame counts up slot 0."""
    program = "0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 0 ADDRESS GAS CALL STOP"
    stage.contract(CONTRACT, assemble(program))
    # All but one 64th is passed on each time: this much reaches the bottom.
    block = stage.block._replace(gas_limit=Gas(2**62))
    stage.state.put(SENDER, 2**60)
    transaction = stage.transaction(
        CONTRACT, gas_limit=2**50, max_fee_per_gas=7, max_priority_fee_per_gas=0
    )
    outcome = execute(stage.journal, transaction, stage.journal.frame_key, block)
    assert done(outcome).status == 1
    return stage.slot(CONTRACT, 0)


def test_calls_go_1024_deep_even_in_a_thread() -> None:
    reached: list[int] = []
    thread = threading.Thread(target=lambda: reached.append(depth_reached(Scene())))
    thread.start()
    thread.join()
    assert reached == [1025]


def test_a_code_is_looked_through_once_a_transaction_however_many_others_run() -> None:
    """Else whoever calls more codes in turn than are kept has each looked through for 100 gas."""
    stage, count = Scene(), ANALYSED_CODES_MAX + 1
    for number in range(count):
        stage.contract(recipient(number), assemble(f"{number} POP STOP"))
    first = int.from_bytes(recipient(0), "big")
    step = int.from_bytes(recipient(1), "big") - first
    callee = f"{count} DUP6 MOD {step} MUL {first} ADD"
    ring = f"0 JUMPDEST 0 0 0 0 {callee} GAS STATICCALL POP 1 ADD"
    again = f"DUP1 {3 * count} GT 2 JUMPI STOP"
    stage.contract(recipient(2 * count), assemble(f"{ring} {again}"))
    before = jump_destinations.cache_info().misses
    assert stage.execute(recipient(2 * count), gas_limit=20_000_000).status == 1
    assert jump_destinations.cache_info().misses - before == count + 1
