"""What runs in the simulated cluster: small contracts whose storage shows in which order they were called.

All take words. They read no balances but their own: others' don't show (runners/evm/contract_rule). So one plain
EVM that runs the same transactions in the same order must agree.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.types import Recipient
from tests.runners.assembler import assemble

_LABEL_BYTES: Final = 3
"""PUSH2 and a position."""


def labelled(program: str) -> bytes:
    """A program with labels: `:name` is a JUMPDEST, `.name` a mere place, `@name` pushes where it is."""
    pieces: list[bytes | str] = []
    places: dict[str, int] = {}
    size = 0
    for word in program.split():
        piece: bytes | str = word if word[0] == "@" else b""
        if word[0] in ":.":
            places[word[1:]] = size
            piece = assemble("JUMPDEST") if word[0] == ":" else b""
        elif word[0] != "@":
            piece = assemble(word)
        pieces.append(piece)
        size += _LABEL_BYTES if isinstance(piece, str) else len(piece)
    return b"".join(
        b"\x61" + places[piece[1:]].to_bytes(2, "big") if isinstance(piece, str) else piece
        for piece in pieces
    )


def words(*numbers: int | bytes) -> bytes:
    """Call data: 32 bytes each."""
    return b"".join(
        number.to_bytes(32, "big") if isinstance(number, int) else number.rjust(32, b"\0")
        for number in numbers
    )


FAIL: Final = 1

LEDGER: Final = labelled(
    """
    CALLDATASIZE ISZERO @end JUMPI
    64 CALLDATALOAD @fail JUMPI
    0 SLOAD 1 ADD 0 SSTORE
    1 SLOAD 33 MUL CALLER ADD 1 SSTORE
    96 CALLDATALOAD ISZERO @pay JUMPI
    2 SLOAD 31 MUL 96 CALLDATALOAD BALANCE ADD 2 SSTORE
    :pay
    32 CALLDATALOAD ISZERO @log JUMPI
    0 0 0 0 32 CALLDATALOAD 0 CALLDATALOAD GAS CALL
    3 SLOAD ADD 3 SSTORE
    :log
    0 SLOAD 0 MSTORE CALLER 32 0 LOG1
    32 0 RETURN
    :fail 0 0 REVERT
    :end STOP
    """
)
"""(payee, amount, fail, watched): counts, notes the caller and the balance of the watched, and pays."""

NEWBORN: Final = (
    labelled(f"SELFBALANCE 4 SSTORE {len(LEDGER)} DUP1 @code 0 CODECOPY 0 RETURN .code") + LEDGER
)
"""Init code of a ledger that remembers what it was born with."""

CHILD: Final = assemble("SELFBALANCE 0 SSTORE 1 0 RETURN")
"""Init code of a contract that does nothing, but remembers what it was born with."""

BY_NONCE: Final = 1

FACTORY: Final = labelled(
    f"""
    {int.from_bytes(CHILD, "big")} 0 MSTORE
    64 CALLDATALOAD @by_nonce JUMPI
    0 CALLDATALOAD {len(CHILD)} {32 - len(CHILD)} 32 CALLDATALOAD CREATE2 @done JUMP
    :by_nonce
    {len(CHILD)} {32 - len(CHILD)} 32 CALLDATALOAD CREATE
    :done
    1 SLOAD 33 MUL ADD 1 SSTORE
    CALLER 0 0 LOG1 STOP
    """
)
"""(salt, endowment, by nonce): creates a child."""

DEPLOYER: Final = Recipient(bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c"))
DEPLOYER_CODE: Final = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
"""The deterministic deployment proxy, as genesis files have it: universal."""

TILL: Final = Recipient(b"\x71" * 20)
TILL_CODE: Final = labelled(
    """
    CALLER SLOAD CALLVALUE ADD
    0 CALLDATALOAD
    DUP1 DUP3 LT @fail JUMPI
    DUP1 SWAP2 SUB CALLER SSTORE
    DUP1 ISZERO @end JUMPI
    0 0 0 0 DUP5 CALLER GAS CALL
    :end STOP
    :fail 0 0 REVERT
    """
)
"""(amount): keeps what callers bring, and pays them back of it. Universal, as an EntryPoint's deposits are."""
