"""SLOAD, SSTORE, TLOAD and TSTORE over the journal.

Gas: EIP-2929 (cold and warm slots), EIP-2200 with EIP-3529's refunds, EIP-1153 (transient storage).
"""

from __future__ import annotations

from typing import Final

from eth.exceptions import OutOfGas, WriteProtection

from quarkparsec.runners.evm.frame import WORD_BYTES, Frame
from quarkparsec.types import Slot

COLD_SLOT_GAS: Final = 2100
WARM_SLOT_GAS: Final = 100
SET_GAS: Final = 20_000
"""From zero to something."""
RESET_GAS: Final = 5000 - COLD_SLOT_GAS
"""From something to something else."""
CLEAR_REFUND: Final = 4800
"""From something to zero."""
SENTRY_GAS: Final = 2300
"""With no more than a call's stipend, nothing is stored (EIP-2200)."""


def sload(frame: Frame) -> None:
    journal, owner = frame.state.journal, frame.msg.storage_address
    slot = Slot(frame.stack.pop().to_bytes(WORD_BYTES, "big"))
    key = owner + slot
    if journal.is_warm(key):
        frame.consume_gas(WARM_SLOT_GAS)
    else:
        journal.make_warm(key)
        frame.consume_gas(COLD_SLOT_GAS)
    frame.stack.append(journal.storage(owner, slot))


def sstore(frame: Frame) -> None:
    if frame.msg.is_static:
        raise WriteProtection
    if frame.gas <= SENTRY_GAS:
        raise OutOfGas
    world, journal, owner = frame.state, frame.state.journal, frame.msg.storage_address
    slot = Slot(frame.stack.pop().to_bytes(WORD_BYTES, "big"))
    value = frame.stack.pop()
    current = journal.storage(owner, slot)
    original = journal.original_storage(owner, slot)
    gas = _store_gas(original, current, value)
    key = owner + slot
    if not journal.is_warm(key):
        journal.make_warm(key)
        gas += COLD_SLOT_GAS
    frame.consume_gas(gas)
    if value != current:
        world.refund += _store_refund(original, current, value)
        journal.set_storage(owner, slot, value)


def tload(frame: Frame) -> None:
    slot = Slot(frame.stack.pop().to_bytes(WORD_BYTES, "big"))
    owner = frame.msg.storage_address
    frame.stack.append(frame.state.journal.transient_storage(owner, slot))


def tstore(frame: Frame) -> None:
    if frame.msg.is_static:
        raise WriteProtection
    slot = Slot(frame.stack.pop().to_bytes(WORD_BYTES, "big"))
    owner = frame.msg.storage_address
    frame.state.journal.set_transient_storage(owner, slot, frame.stack.pop())


def _store_gas(original: int, current: int, value: int) -> int:
    """The price of a warm store: high only for the first change of a slot in a transaction."""
    if value == current or original != current:
        return WARM_SLOT_GAS
    return RESET_GAS if original else SET_GAS


def _store_refund(original: int, current: int, value: int) -> int:
    """What a change from `current` to `value` gives back, or takes back."""
    refund = 0
    if original:
        refund -= 0 if current else CLEAR_REFUND
        refund += 0 if value else CLEAR_REFUND
    if original == value:
        refund += (RESET_GAS if original else SET_GAS) - WARM_SLOT_GAS
    return refund
