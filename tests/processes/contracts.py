"""Contracts for tests between shards, as init code put together from assembly: no compiler is needed."""

from __future__ import annotations

from typing import Final

from tests.runners.assembler import assemble, deploying


def _paying(recipient: str, amount: str) -> str:
    """Words that send `amount` to `recipient`, come what may."""
    return f"0 0 0 0 {amount} {recipient} GAS CALL POP"


REMEMBERS_SENDER: Final = deploying(
    assemble("CALLER 0 SSTORE CALLVALUE 1 SSTORE CALLER 0 MSTORE 7 32 0 LOG1 STOP")
)
"""Keeps who called it and with how much, logs the caller under topic 7, and keeps the money."""

PAYS_TWO: Final = deploying(
    assemble(
        _paying("0 CALLDATALOAD", "32 CALLDATALOAD")
        + " "
        + _paying("64 CALLDATALOAD", "96 CALLDATALOAD")
        + " STOP"
    )
)
"""Called with (recipient, amount, recipient, amount): pays both."""

KEEPS_THREE_WEI: Final = deploying(assemble(_paying("CALLER", "3 CALLVALUE SUB") + " STOP"))
"""Gives what it is sent back to its caller, but for three wei."""

KEEPS_ORDER: Final = deploying(assemble("0 SLOAD 8 SHL 0 CALLDATALOAD OR 0 SSTORE STOP"))
"""Appends the byte that it is called with to a word: room for 32 calls, in their order."""

FACTORY: Final = deploying(
    assemble("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 CALLVALUE CREATE STOP")
)
"""Creates a contract from the init code that it is called with."""

SALTED_FACTORY: Final = deploying(
    assemble("0 CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 CALLVALUE CREATE2 STOP")
)
"""The same with CREATE2 and salt 0."""

KEEPS_LISTS: Final = deploying(
    assemble(
        "0 CALLDATALOAD SLOAD 0 MSTORE 32 CALLDATALOAD SLOAD 32 MSTORE 64 0 LOG0 "
        "96 CALLDATALOAD 64 CALLDATALOAD SLOAD 16 SHL OR 64 CALLDATALOAD SSTORE "
        + _paying("128 CALLDATALOAD", "160 CALLDATALOAD")
        + " "
        + _paying("192 CALLDATALOAD", "224 CALLDATALOAD")
        + " 64 0 RETURN"
    )
)
"""Every slot is a list of up to 16 numbers of 16 bits, the last one lowest.

Called with (slot, slot, slot, number, recipient, amount, recipient, amount): logs and returns the first two lists,
appends the number to the third, and pays both.
"""

COUNTS_MONEY: Final = assemble("SELFBALANCE 0 SSTORE 1 0 RETURN")
"""Init code: stores what the contract has while it is being created; what it deploys is STOP."""


def paying_at_birth(recipient: str) -> bytes:
    """Init code that passes on what the creation comes with, and deploys STOP."""
    pay = _paying(str(int(recipient, 16)), "CALLVALUE")
    return assemble(f"{pay} 1 0 RETURN")


def calling(target: str) -> bytes:
    """Init code of a contract that hands its call data on to another.

    As compilers have it: without code there, or if the call fails, it reverts.
    """
    number = int(target, 16)
    call = assemble(
        f"CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0 {number} GAS CALL "
        f"{number} EXTCODESIZE MUL"
    )
    revert = assemble("0 0 REVERT")
    after = len(call) + 3 + len(revert)
    return deploying(call + assemble(f"{after} JUMPI") + revert + assemble("JUMPDEST STOP"))


def creating(initcode: bytes, *, salted: bool) -> bytes:
    """Init code that creates a contract from other init code, of up to 32 bytes, before it deploys STOP."""
    salt, create = ("0 ", "CREATE2") if salted else ("", "CREATE")
    size = len(initcode)
    return assemble(
        f"0x{initcode.hex()} 0 MSTORE {salt}{size} {32 - size} 0 {create} 0 0 MSTORE 1 0 RETURN"
    )
