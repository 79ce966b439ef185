"""EXTCODESIZE, EXTCODECOPY and EXTCODEHASH, which see a foreign contract as the stub, and CODECOPY."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quarkparsec.runners.evm.contract_rule import is_dead, visible_code, visible_code_hash
from quarkparsec.runners.evm.frame import WORD_BYTES, Frame
from quarkparsec.runners.evm.instructions.calls import charge_access, recipient_of
from quarkparsec.runners.evm.read_only_world import ReadOnlyWorld

COPY_WORD_GAS: Final = 3


def meeting(execute: Callable[[Frame], None], depth: int) -> Callable[[Frame], None]:
    """The same instruction for read-only executions: they note whom the word at `depth` names."""

    def meet_and_execute(frame: Frame) -> None:
        world = frame.state
        if isinstance(world, ReadOnlyWorld):
            world.meet(recipient_of(frame.stack[-depth]))
        execute(frame)

    return meet_and_execute


def extcodesize(frame: Frame) -> None:
    recipient = recipient_of(frame.stack.pop())
    charge_access(frame, recipient)
    frame.stack.append(len(visible_code(frame.state, recipient)))


def extcodehash(frame: Frame) -> None:
    """EIP-1052: zero for a dead account."""
    recipient = recipient_of(frame.stack.pop())
    charge_access(frame, recipient)
    world = frame.state
    visible = b"" if is_dead(world, recipient) else visible_code_hash(world, recipient)
    frame.stack.append(int.from_bytes(visible, "big"))


def extcodecopy(frame: Frame) -> None:
    account, destination, start, size = frame.stack_pop_ints(4)
    recipient = recipient_of(account)
    charge_access(frame, recipient)
    _copy(frame, visible_code(frame.state, recipient), destination, start, size)


def codecopy(frame: Frame) -> None:
    destination, start, size = frame.stack_pop_ints(3)
    _copy(frame, frame.code, destination, start, size)


def _copy(frame: Frame, code: bytes, destination: int, start: int, size: int) -> None:
    """Copy part of a code to memory; past its end there are zeros."""
    frame.consume_gas(COPY_WORD_GAS * ((size + 31) // WORD_BYTES))
    frame.extend_memory(destination, size)
    frame.memory_write(destination, size, code[start : start + size].ljust(size, b"\x00"))
