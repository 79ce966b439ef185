"""The instructions that make up most of what runs, written to be short rather than general.

They mean what py-evm's mean; theirs convert between ints and bytes and check bounds on the way, which
here is the interpreter's business. Everything rare stays py-evm's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from eth.exceptions import Halt, InvalidJumpDestination, Revert

from quarkparsec.crypto.keccak import keccak
from quarkparsec.runners.evm.frame import WORD_BYTES, Frame

_MAX: Final = 2**256 - 1
_HASH_WORD_GAS: Final = 6

# --- arithmetic


def add(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = (stack.pop() + stack[-1]) & _MAX


def sub(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = (stack.pop() - stack[-1]) & _MAX


def mul(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = (stack.pop() * stack[-1]) & _MAX


def div(frame: Frame) -> None:
    stack = frame.stack
    numerator, denominator = stack.pop(), stack[-1]
    stack[-1] = numerator // denominator if denominator else 0


# --- comparison and bits


def less_than(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = 1 if stack.pop() < stack[-1] else 0


def greater_than(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = 1 if stack.pop() > stack[-1] else 0


def equal(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = 1 if stack.pop() == stack[-1] else 0


def is_zero(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = 0 if stack[-1] else 1


def bitwise_and(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = stack.pop() & stack[-1]


def bitwise_or(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = stack.pop() | stack[-1]


def bitwise_not(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] ^= _MAX


def shift_left(frame: Frame) -> None:
    stack = frame.stack
    bits = stack.pop()
    stack[-1] = (stack[-1] << bits) & _MAX if bits < 256 else 0


def shift_right(frame: Frame) -> None:
    stack = frame.stack
    bits = stack.pop()
    stack[-1] = stack[-1] >> bits if bits < 256 else 0


def keccak256(frame: Frame) -> None:
    start, size = frame.stack.pop(), frame.stack.pop()
    frame.consume_gas(_HASH_WORD_GAS * ((size + 31) // WORD_BYTES))
    frame.extend_memory(start, size)
    hashed = keccak(frame.memory_read_bytes(start, size))
    frame.stack.append(int.from_bytes(hashed, "big"))


# --- the call


def address(frame: Frame) -> None:
    frame.stack.append(int.from_bytes(frame.msg.storage_address, "big"))


def caller(frame: Frame) -> None:
    frame.stack.append(int.from_bytes(frame.msg.sender, "big"))


def call_value(frame: Frame) -> None:
    frame.stack.append(frame.msg.value)


def call_data_load(frame: Frame) -> None:
    stack = frame.stack
    start = stack[-1]
    word = frame.msg.data[start : start + WORD_BYTES]
    stack[-1] = int.from_bytes(word, "big") << 8 * (WORD_BYTES - len(word))


def call_data_size(frame: Frame) -> None:
    frame.stack.append(len(frame.msg.data))


# --- memory, stack and flow


def pop(frame: Frame) -> None:
    frame.stack.pop()


def mload(frame: Frame) -> None:
    stack = frame.stack
    start = stack[-1]
    frame.extend_memory(start, WORD_BYTES)
    stack[-1] = int.from_bytes(frame.memory[start : start + WORD_BYTES], "big")


def mstore(frame: Frame) -> None:
    start, word = frame.stack.pop(), frame.stack.pop()
    frame.extend_memory(start, WORD_BYTES)
    frame.memory[start : start + WORD_BYTES] = word.to_bytes(WORD_BYTES, "big")


def jump(frame: Frame) -> None:
    destination = frame.stack.pop()
    if destination >= len(frame.code) or not frame.jump_destinations[destination]:
        raise InvalidJumpDestination
    frame.pc = destination


def jump_if(frame: Frame) -> None:
    destination, condition = frame.stack.pop(), frame.stack.pop()
    if condition:
        if destination >= len(frame.code) or not frame.jump_destinations[destination]:
            raise InvalidJumpDestination
        frame.pc = destination


def jump_destination(frame: Frame) -> None:
    """JUMPDEST does nothing; it only may be jumped to."""


def watched_jump_destination(frame: Frame) -> None:
    """JUMPDEST of a read-only execution: no loop gets past here without a look at the time."""
    frame.state.check_time()


def program_counter(frame: Frame) -> None:
    frame.stack.append(frame.pc - 1)


def gas(frame: Frame) -> None:
    frame.stack.append(frame.gas)


def stop(_: Frame) -> None:
    raise Halt


def return_output(frame: Frame) -> None:
    start, size = frame.stack.pop(), frame.stack.pop()
    frame.extend_memory(start, size)
    frame.output = frame.memory_read_bytes(start, size)
    raise Halt


def revert(frame: Frame) -> None:
    start, size = frame.stack.pop(), frame.stack.pop()
    frame.extend_memory(start, size)
    frame.output = frame.memory_read_bytes(start, size)
    raise Revert


def push_zero(frame: Frame) -> None:
    frame.stack.append(0)


def push_one_byte(frame: Frame) -> None:
    pc = frame.pc
    frame.stack.append(frame.code[pc] if pc < len(frame.code) else 0)
    frame.pc = pc + 1


def push(size: int) -> Callable[[Frame], None]:
    """PUSH2 to PUSH32. Past the end of the code there are zeros."""

    def execute(frame: Frame) -> None:
        pc = frame.pc
        word = frame.code[pc : pc + size]
        if len(word) < size:
            word = word.ljust(size, b"\x00")
        frame.stack.append(int.from_bytes(word, "big"))
        frame.pc = pc + size

    return execute


def duplicate(depth: int) -> Callable[[Frame], None]:
    """DUP1 to DUP16."""

    def execute(frame: Frame) -> None:
        frame.stack.append(frame.stack[-depth])

    return execute


def swap(depth: int) -> Callable[[Frame], None]:
    """SWAP1 to SWAP16."""
    position = -depth - 1

    def execute(frame: Frame) -> None:
        stack = frame.stack
        stack[-1], stack[position] = stack[position], stack[-1]

    return execute
