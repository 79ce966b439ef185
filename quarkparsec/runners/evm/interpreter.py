"""The loop that runs a frame, and how a frame begins and ends.

A frame ends in one of three ways: it halts (its gas left and its output go to the caller), it reverts
(the same, but its effects are undone), or it fails (undone, and all its gas is gone).
"""

from __future__ import annotations

from eth.exceptions import FullStack, Halt, InsufficientStack, OutOfGas, Revert, VMError

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.frame import Frame
from quarkparsec.runners.evm.rules import Precompile


def run(frame: Frame) -> None:
    """Execute the frame's code until it halts. Raises VMError."""
    instructions = frame.state.rules.instructions
    code, stack, size = frame.code, frame.stack, len(frame.code)
    try:
        while (pc := frame.pc) < size:
            execute, gas, stack_min, stack_max = instructions[code[pc]]
            if not stack_min <= len(stack) <= stack_max:
                raise _stack_fault(len(stack), stack_min, stack_max)
            gas = frame.gas - gas
            if gas < 0:
                raise OutOfGas
            frame.gas = gas
            frame.pc = pc + 1
            execute(frame)
    except Halt:
        return


def run_call(frame: Frame, precompile: Precompile | None, *, pays: bool) -> VMError | None:
    """Run a call's frame: move its value, then its code. Returns why it failed, or None.

    `pays`: the value goes from the sender to the callee (in DELEGATECALL it is only passed on, in
    CALLCODE it stays where it is). Whoever calls this has checked that the sender has it.
    """
    world = frame.state
    world.check_time()
    checkpoint = world.checkpoint()
    try:
        if pays:
            _pay(frame)
        if precompile is not None:
            run_precompile(frame, precompile)
        elif frame.code:
            run(frame)
    except VMError as fault:
        world.rollback(checkpoint)
        if not isinstance(fault, Revert):
            frame.gas = 0
            frame.output = b""
        return fault
    return None


def run_precompile(frame: Frame, precompile: Precompile) -> None:
    """Charge a precompiled contract and compute its output. Raises VMError."""
    data = frame.msg.data
    frame.consume_gas(precompile.gas(data))
    try:
        frame.output = precompile.run(data)
    except InvalidInput as error:
        raise VMError(str(error)) from error


def _pay(frame: Frame) -> None:
    journal = frame.state.journal
    sender, recipient, value = frame.msg.sender, frame.msg.storage_address, frame.msg.value
    if value:
        journal.add_balance(sender, -value)
        journal.add_balance(recipient, value)
        return
    entry = journal.entry(recipient)
    if entry.exists and entry.is_empty:
        journal.add_balance(recipient, 0)  # touched, so that it goes away (EIP-161)


def _stack_fault(words: int, stack_min: int, stack_max: int) -> VMError:
    if words < stack_min:
        return InsufficientStack(f"stack underflow ({words} <=> {stack_min})")
    return FullStack(f"stack limit reached {words} ({stack_max})")
