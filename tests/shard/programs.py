"""Contracts and init code that tests of several shards run."""

from __future__ import annotations

from typing import Final

from quarkparsec.types import Recipient
from tests.runners.assembler import assemble, push

COUNTER: Final = assemble("0 SLOAD 1 ADD 0 SSTORE STOP")
"""Counts its calls in slot 0."""

WITNESS: Final = assemble(
    "CALLER 0 SSTORE ORIGIN 1 SSTORE CALLVALUE 2 SSTORE CALLER BALANCE 3 SSTORE"
    " 7 8 0 0 LOG2 CALLER 0 MSTORE 32 0 RETURN"
)
"""Stores who calls, for whom, the value and what the caller has left; logs and returns something."""

REFUSER: Final = assemble("42 0 MSTORE 9 0 SSTORE 5 6 0 0 LOG2 32 0 REVERT")
"""Reverts with 42, after having tried to leave something."""

CREATE2_DEPLOYER: Final = assemble(
    "0 CALLDATALOAD 32 CALLDATASIZE SUB 32 0 CALLDATACOPY 32 CALLDATASIZE SUB 0 CALLVALUE CREATE2"
    " 0 MSTORE 20 12 RETURN"
)
"""The deterministic deployer: salt ‖ init code in, the new contract's recipient out."""

SELF_DESTRUCTING: Final = assemble("CALLER SELFDESTRUCT")
"""Init code that leaves nothing, and gives what it has to its caller."""


def word_of(recipient: Recipient) -> str:
    return hex(int.from_bytes(recipient, "big"))


def paying(to: Recipient, amount: int) -> bytes:
    """A contract that pays somebody, counts that in slot 0, and fails if it can't."""
    call = f"0 0 0 0 {amount} {word_of(to)} GAS CALL"
    count = assemble("0 SLOAD 1 ADD 0 SSTORE STOP")
    failure = assemble("0 0 REVERT")
    paid = assemble(call) + _jump_if(len(assemble(call)) + len(failure), failure)
    return paid + count


def watching(*people: Recipient) -> bytes:
    """A contract that stores what people have, as far as its shard knows, in slots 1, 2, …"""
    looks = [f"{word_of(who)} BALANCE {slot} SSTORE" for slot, who in enumerate(people, 1)]
    return assemble(" ".join([*looks, "0 SLOAD 1 ADD 0 SSTORE STOP"]))


def _jump_if(before: int, failure: bytes) -> bytes:
    """Skip `failure` if the top of the stack isn't zero."""
    target = before + 3
    return push(target) + assemble("JUMPI") + failure + assemble("JUMPDEST")


def storing(number: int) -> bytes:
    """Init code that stores a number in slot 0, its balance in slot 1, and deploys one STOP."""
    return assemble(f"{number} 0 SSTORE SELFBALANCE 1 SSTORE 1 31 RETURN")


def creating(initcode: bytes, times: int = 1) -> bytes:
    """A contract that creates others by CREATE and stores their recipients in slots 0, 1, …"""
    assert len(initcode) <= 32
    put = push(int.from_bytes(initcode, "big")) + assemble("0 MSTORE")
    create = f"{len(initcode)} {32 - len(initcode)} 0 CREATE"
    return put + b"".join(assemble(f"{create} {slot} SSTORE") for slot in range(times))
