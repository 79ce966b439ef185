"""CALL, CALLCODE, DELEGATECALL and STATICCALL.

Gas as in EIP-150 (all but one 64th), EIP-2929 (cold and warm accounts) and EIP-7702 (a delegation costs a
second access). Which code runs is decided by the contract rule.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from eth.exceptions import OutOfGas, WriteProtection

from quarkparsec.limits import CALL_DEPTH_MAX
from quarkparsec.runners.evm.call_data import CallData, call_data
from quarkparsec.runners.evm.contract_rule import is_dead, visible_code
from quarkparsec.runners.evm.frame import Frame, Message
from quarkparsec.runners.evm.interpreter import run_call
from quarkparsec.state.account import delegate_of
from quarkparsec.types import Recipient

COLD_ACCOUNT_GAS: Final = 2600
WARM_ACCESS_GAS: Final = 100
CALL_VALUE_GAS: Final = 9000
CALL_STIPEND_GAS: Final = 2300
NEW_ACCOUNT_GAS: Final = 25_000

_RECIPIENT_MASK: Final = 2**160 - 1


def recipient_of(word: int) -> Recipient:
    """The account that a stack word names: its low 20 bytes."""
    return Recipient((word & _RECIPIENT_MASK).to_bytes(20, "big"))


def charge_access(frame: Frame, recipient: Recipient) -> None:
    """Pay for touching an account, which is warm afterwards (EIP-2929)."""
    journal = frame.state.journal
    if journal.is_warm(recipient):
        frame.consume_gas(WARM_ACCESS_GAS)
    else:
        journal.make_warm(recipient)
        frame.consume_gas(COLD_ACCOUNT_GAS)


class _Target(NamedTuple):
    """Whose code runs, and which."""

    recipient: Recipient
    code: bytes
    is_delegation: bool


class _Price(NamedTuple):
    """What a call asks for beside memory and access."""

    gas_wanted: int
    extra_gas: int
    value: int
    """What the caller must have; 0 where a value is only passed on."""


def call(frame: Frame) -> None:
    """CALL: the callee's code on the callee's storage."""
    gas, to, value, *window = frame.stack_pop_ints(7)
    message = frame.msg
    if value and message.is_static:
        raise WriteProtection
    recipient = recipient_of(to)
    data = _open_window(frame, window)
    target = _load(frame, recipient)
    extra = (CALL_VALUE_GAS + _new_account_gas(frame, recipient)) if value else 0
    own, depth = message.storage_address, message.depth + 1
    called = Message(own, recipient, value, data, depth, message.is_static)
    _call(frame, called, target, _Price(gas, extra, value), window, pays=True)


def callcode(frame: Frame) -> None:
    """CALLCODE: the callee's code on the caller's storage, the caller as sender."""
    gas, to, value, *window = frame.stack_pop_ints(7)
    message = frame.msg
    data = _open_window(frame, window)
    target = _load(frame, recipient_of(to))
    extra = CALL_VALUE_GAS if value else 0
    own, depth = message.storage_address, message.depth + 1
    called = Message(own, own, value, data, depth, message.is_static)
    _call(frame, called, target, _Price(gas, extra, value), window, pays=False)


def delegatecall(frame: Frame) -> None:
    """DELEGATECALL: the callee's code as if it were the caller's own (EIP-7)."""
    gas, to, *window = frame.stack_pop_ints(6)
    data = _open_window(frame, window)
    target = _load(frame, recipient_of(to))
    called = frame.msg._replace(data=data, depth=frame.msg.depth + 1)
    _call(frame, called, target, _Price(gas, 0, 0), window, pays=False)


def staticcall(frame: Frame) -> None:
    """STATICCALL: a call that must not change anything (EIP-214)."""
    gas, to, *window = frame.stack_pop_ints(6)
    recipient = recipient_of(to)
    data = _open_window(frame, window)
    target = _load(frame, recipient)
    called = Message(frame.msg.storage_address, recipient, 0, data, frame.msg.depth + 1, True)
    _call(frame, called, target, _Price(gas, 0, 0), window, pays=True)


def _open_window(frame: Frame, window: list[int]) -> CallData:
    """Pay for the memory that input and output need; return the input."""
    input_start, input_size, output_start, output_size = window
    frame.extend_memory(input_start, input_size)
    frame.extend_memory(output_start, output_size)
    return call_data(frame.memory, input_start, input_size)


def _load(frame: Frame, recipient: Recipient) -> _Target:
    """Pay for reading the code at `recipient`, following one delegation (EIP-7702)."""
    charge_access(frame, recipient)
    world = frame.state
    code = visible_code(world, recipient)
    delegate = delegate_of(code) if world.rules.delegates else None
    if delegate is None:
        return _Target(recipient, code, False)
    charge_access(frame, delegate)
    return _Target(recipient, visible_code(world, delegate), True)


def _new_account_gas(frame: Frame, recipient: Recipient) -> int:
    """What the first wei of a dead account costs (EIP-161)."""
    return NEW_ACCOUNT_GAS if is_dead(frame.state, recipient) else 0


def _call(
    frame: Frame, called: Message, target: _Target, price: _Price, window: list[int], *, pays: bool
) -> None:
    """Pay, run the callee in a frame of its own, take over what it returns."""
    world = frame.state
    gas = _gas_for_callee(frame, price)
    frame.return_data = b""
    balance = world.journal.entry(frame.msg.storage_address).balance
    if called.depth > CALL_DEPTH_MAX or balance < price.value:
        frame.gas += gas
        frame.stack.append(0)
        return
    callee = Frame(world, called, target.code, gas)
    precompile = None if target.is_delegation else world.rules.precompiles.get(target.recipient)
    fault = run_call(callee, precompile, pays=pays)
    frame.stack.append(0 if fault else 1)
    frame.gas += callee.gas
    frame.return_data = output = callee.output
    _, _, output_start, output_size = window
    frame.memory_write(output_start, min(output_size, len(output)), output[:output_size])


def _gas_for_callee(frame: Frame, price: _Price) -> int:
    """Take what the callee gets from the frame's gas: all but one 64th at most (EIP-150)."""
    available = frame.gas - price.extra_gas
    if available < 0:
        raise OutOfGas
    gas = min(price.gas_wanted, available - available // 64)
    frame.gas = available - gas
    return gas + CALL_STIPEND_GAS if price.value else gas
