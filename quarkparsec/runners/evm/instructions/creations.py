"""CREATE, CREATE2 and SELFDESTRUCT: how contracts come and go.

A new contract gets the shard key of the frame that creates it; the journal sees to that.
"""

from __future__ import annotations

from typing import Final

from eth.exceptions import Halt, Revert, VMError, WriteProtection

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.limits import (
    ACCOUNT_NONCE_MAX,
    CALL_DEPTH_MAX,
    CODE_BYTES_MAX,
    INITCODE_BYTES_MAX,
)
from quarkparsec.runners.evm import faults
from quarkparsec.runners.evm.contract_rule import is_dead, is_foreign
from quarkparsec.runners.evm.frame import WORD_BYTES, Frame, Message
from quarkparsec.runners.evm.instructions.calls import (
    COLD_ACCOUNT_GAS,
    NEW_ACCOUNT_GAS,
    recipient_of,
)
from quarkparsec.runners.evm.interpreter import run_call
from quarkparsec.runners.evm.world import World
from quarkparsec.types import Recipient

CODE_DEPOSIT_GAS: Final = 200
INITCODE_WORD_GAS: Final = 2
HASH_WORD_GAS: Final = 6
"""CREATE2 hashes the init code."""

_RESERVED_FIRST_BYTE: Final = b"\xef"


def create(frame: Frame) -> None:
    """CREATE."""
    value, start, size = frame.stack_pop_ints(3)
    initcode = _initcode(frame, start, size, INITCODE_WORD_GAS)
    creator = frame.msg.storage_address
    nonce = frame.state.journal.nonce(creator)
    _create(frame, create_address(creator, nonce), value, initcode)


def create2(frame: Frame) -> None:
    """CREATE2 (EIP-1014)."""
    value, start, size, salt = frame.stack_pop_ints(4)
    initcode = _initcode(frame, start, size, INITCODE_WORD_GAS + HASH_WORD_GAS)
    _create(frame, create2_address(frame.msg.storage_address, salt, initcode), value, initcode)


def has_collision(world: World, recipient: Recipient) -> bool:
    """Whether something is already where a contract would go (EIP-684, EIP-7610).

    In the whole cluster: the contract's home knows of all that were created at the address.
    """
    journal = world.journal
    is_taken = recipient in journal.universal or journal.entry(recipient).is_taken
    return is_taken or world.is_taken_at_home(recipient)


def run_creation(frame: Frame) -> VMError | None:
    """Run init code in its frame and deploy what it returns. Returns why it failed, or None."""
    world, message = frame.state, frame.msg
    checkpoint = world.checkpoint()
    world.journal.create_contract(message.storage_address)
    world.journal.set_nonce(message.storage_address, 1)
    world.endow(message.storage_address)
    fault = run_call(frame, None, pays=True)
    if fault is None:
        fault = _deploy(frame)
        if fault is not None:
            frame.gas, frame.output = 0, b""
    if fault is not None:
        world.rollback(checkpoint)
    return fault


def _initcode(frame: Frame, start: int, size: int, word_gas: int) -> bytes:
    if frame.msg.is_static:
        raise WriteProtection
    if size > INITCODE_BYTES_MAX:
        raise VMError(faults.INITCODE_TOO_LARGE)
    frame.consume_gas(word_gas * ((size + 31) // WORD_BYTES))
    frame.extend_memory(start, size)
    return frame.memory_read_bytes(start, size)


def _create(frame: Frame, recipient: Recipient, value: int, initcode: bytes) -> None:
    world, message, journal = frame.state, frame.msg, frame.state.journal
    creator = message.storage_address
    nonce = journal.nonce(creator)
    frame.return_data = b""
    if (
        journal.entry(creator).balance < value
        or nonce >= ACCOUNT_NONCE_MAX
        or message.depth >= CALL_DEPTH_MAX
    ):
        frame.stack.append(0)
        return
    gas = frame.gas - frame.gas // 64
    frame.gas -= gas
    journal.make_warm(recipient)
    journal.set_nonce(creator, nonce + 1)
    if has_collision(world, recipient):
        frame.stack.append(0)
        return
    created = Message(message.storage_address, recipient, value, b"", message.depth + 1, False)
    child = Frame(world, created, initcode, gas)
    fault = run_creation(child)
    frame.gas += child.gas
    frame.return_data = child.output if fault else b""
    frame.stack.append(0 if fault else int.from_bytes(recipient, "big"))


def _deploy(frame: Frame) -> VMError | None:
    """Store the returned code. Returns why that can't be, or None."""
    code = frame.output
    if len(code) > CODE_BYTES_MAX:
        return VMError(faults.CODE_TOO_LARGE)
    if code[:1] == _RESERVED_FIRST_BYTE:
        return VMError(faults.INVALID_CODE)
    if frame.gas < CODE_DEPOSIT_GAS * len(code):
        return VMError(faults.CODE_STORE_OUT_OF_GAS)
    frame.gas -= CODE_DEPOSIT_GAS * len(code)
    if code:
        frame.state.journal.set_code(frame.msg.storage_address, code)
    return None


def selfdestruct(frame: Frame) -> None:
    """SELFDESTRUCT: move the balance, and delete a contract of this transaction (EIP-6780).

    In favour of a foreign contract it reverts, as paying that contract by a call does.
    """
    if frame.msg.is_static:
        raise WriteProtection
    world, journal = frame.state, frame.state.journal
    own = frame.msg.storage_address
    beneficiary = recipient_of(frame.stack.pop())
    _charge_selfdestruct(frame, beneficiary)
    if is_foreign(world, beneficiary):
        raise Revert(b"")
    entry = journal.entry(own)
    balance = entry.balance
    journal.set_balance(own, 0)
    if beneficiary == own and entry.created:
        world.burned += balance
    else:
        journal.add_balance(beneficiary, balance)
    if entry.created and own not in world.destroyed:
        world.destroyed.append(own)
    raise Halt


def _charge_selfdestruct(frame: Frame, beneficiary: Recipient) -> None:
    journal = frame.state.journal
    if not journal.is_warm(beneficiary):
        journal.make_warm(beneficiary)
        frame.consume_gas(COLD_ACCOUNT_GAS)
    pays = journal.entry(frame.msg.storage_address).balance > 0
    if pays and is_dead(frame.state, beneficiary):
        frame.consume_gas(NEW_ACCOUNT_GAS)
