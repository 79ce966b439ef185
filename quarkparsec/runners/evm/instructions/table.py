"""The instruction tables of Cancun and Prague: py-evm's, with our entries over them.

py-evm's table says which opcodes a fork has, what they cost, and how most of them work. Ours replace
those that touch the state (they use the journal), those that see code (the contract rule), and those
that run all the time. The stack's bounds stand here, once, as in geth's jump table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from eth.exceptions import InvalidInstruction
from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.opcode import _FastOpcode

from quarkparsec.errors import invariant
from quarkparsec.limits import STACK_WORDS_MAX
from quarkparsec.runners.evm.frame import Frame
from quarkparsec.runners.evm.instructions import calls, codes, creations, frequent, storage
from quarkparsec.runners.evm.rules import Instruction

SELFDESTRUCT_GAS: Final = 5000
"""py-evm hides this one's price behind a warning that the opcode is deprecated."""

_JUMPDEST: Final = 0x5B
_DESIGNATED_INVALID: Final = 0xFE

_OURS: Final[dict[int, Callable[[Frame], None]]] = {
    0x00: frequent.stop,
    0x01: frequent.add,
    0x02: frequent.mul,
    0x03: frequent.sub,
    0x04: frequent.div,
    0x10: frequent.less_than,
    0x11: frequent.greater_than,
    0x14: frequent.equal,
    0x15: frequent.is_zero,
    0x16: frequent.bitwise_and,
    0x17: frequent.bitwise_or,
    0x19: frequent.bitwise_not,
    0x1B: frequent.shift_left,
    0x1C: frequent.shift_right,
    0x20: frequent.keccak256,
    0x30: frequent.address,
    0x33: frequent.caller,
    0x34: frequent.call_value,
    0x35: frequent.call_data_load,
    0x36: frequent.call_data_size,
    0x39: codes.codecopy,
    0x3B: codes.extcodesize,
    0x3C: codes.extcodecopy,
    0x3F: codes.extcodehash,
    0x50: frequent.pop,
    0x51: frequent.mload,
    0x52: frequent.mstore,
    0x54: storage.sload,
    0x55: storage.sstore,
    0x56: frequent.jump,
    0x57: frequent.jump_if,
    0x58: frequent.program_counter,
    0x5A: frequent.gas,
    0x5B: frequent.jump_destination,
    0x5C: storage.tload,
    0x5D: storage.tstore,
    0x5F: frequent.push_zero,
    0x60: frequent.push_one_byte,
    **{0x5F + size: frequent.push(size) for size in range(2, 33)},
    **{0x7F + depth: frequent.duplicate(depth) for depth in range(1, 17)},
    **{0x8F + depth: frequent.swap(depth) for depth in range(1, 17)},
    0xF0: creations.create,
    0xF1: calls.call,
    0xF2: calls.callcode,
    0xF3: frequent.return_output,
    0xF4: calls.delegatecall,
    0xF5: creations.create2,
    0xFA: calls.staticcall,
    0xFD: frequent.revert,
    0xFF: creations.selfdestruct,
}

_MEETINGS: Final = {0x3B: 1, 0x3F: 1, 0xF1: 2, 0xF2: 2, 0xF4: 2, 0xFA: 2}
"""Instructions that look at another account's code, and how deep in the stack they name it."""

_POPS_AND_PUSHES: Final = {
    (0, 0): "00 5b",
    (0, 1): "30 32 33 34 36 38 3a 3d 41 42 43 44 45 46 47 48 4a 58 59 5a 5f",
    (1, 0): "50 56 ff",
    (1, 1): "15 19 31 35 3b 3f 40 49 51 54 5c",
    (2, 0): "52 53 55 57 5d a0 f3 fd",
    (2, 1): "01 02 03 04 05 06 07 0a 0b 10 11 12 13 14 16 17 18 1a 1b 1c 1d 20",
    (3, 0): "37 39 3e 5e a1",
    (3, 1): "08 09 f0",
    (4, 0): "3c a2",
    (4, 1): "f5",
    (5, 0): "a3",
    (6, 0): "a4",
    (6, 1): "f4 fa",
    (7, 1): "f1 f2",
}


def _stack_effects() -> dict[int, tuple[int, int]]:
    """How many words each opcode takes from the stack and puts there."""
    effects = {
        opcode: effect
        for effect, opcodes in _POPS_AND_PUSHES.items()
        for opcode in bytes.fromhex(opcodes)
    }
    effects |= {0x5F + size: (0, 1) for size in range(1, 33)}
    effects |= {0x7F + depth: (depth, depth + 1) for depth in range(1, 17)}
    effects |= {0x8F + depth: (depth + 1, depth + 1) for depth in range(1, 17)}
    return effects


def _instruction(opcode: int, theirs: Any, effect: tuple[int, int]) -> Instruction:
    pops, pushes = effect
    execute = _OURS.get(opcode)
    if execute is None:
        invariant(isinstance(theirs, _FastOpcode), "a plain instruction of py-evm", opcode=opcode)
        execute = theirs.logic_fn
    gas = getattr(theirs, "gas_cost", SELFDESTRUCT_GAS)
    return execute, gas, pops, STACK_WORDS_MAX + pops - pushes


def _undefined(opcode: int) -> Instruction:
    name = "INVALID" if opcode == _DESIGNATED_INVALID else f"opcode {opcode:#x} not defined"

    def execute(_: Frame) -> None:
        raise InvalidInstruction(f"invalid opcode: {name}")

    return execute, 0, 0, STACK_WORDS_MAX


def _table(theirs: Mapping[int, Any]) -> tuple[Instruction, ...]:
    effects = _stack_effects()
    invariant(effects.keys() == theirs.keys(), "the same opcodes as py-evm")
    return tuple(
        _instruction(opcode, theirs[opcode], effects[opcode])
        if opcode in effects
        else _undefined(opcode)
        for opcode in range(256)
    )


def watched(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """The same table for read-only executions, which have a deadline and say whom they met."""
    watching = {_JUMPDEST: frequent.watched_jump_destination} | {
        opcode: codes.meeting(instructions[opcode][0], depth)
        for opcode, depth in _MEETINGS.items()
    }
    return tuple(
        (watching.get(opcode, execute), gas, stack_min, stack_max)
        for opcode, (execute, gas, stack_min, stack_max) in enumerate(instructions)
    )


CANCUN: Final = _table(CANCUN_OPCODES)
PRAGUE: Final = _table(PRAGUE_OPCODES)
