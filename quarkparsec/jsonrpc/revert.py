"""What a contract says when it reverts, in words.

Solidity reverts with ABI-encoded calls of two functions that nobody implements: `Error(string)` for
`require` and `revert`, `Panic(uint256)` for what the compiler checks. The words are those of geth
(accounts/abi: UnpackRevert), which libraries show to their users. What geth can't have is a contract that
is there and can't be seen: a caller under another shard key reverts, and doesn't know why. So that is said, too: in
the data as well, if they are empty.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import data
from quarkparsec.jsonrpc.node import ContractElsewhere

_ERROR: Final = bytes.fromhex("08c379a0")
"""The selector of Error(string)."""

_PANIC: Final = bytes.fromhex("4e487b71")
"""The selector of Panic(uint256)."""

_PANIC_WORDS: Final = {
    b"\x00": "generic panic",
    b"\x01": "assert(false)",
    b"\x11": "arithmetic underflow or overflow",
    b"\x12": "division or modulo by zero",
    b"\x21": "enum overflow",
    b"\x22": "invalid encoded storage byte array accessed",
    b"\x31": "out-of-bounds array access; popping on an empty array",
    b"\x32": "out-of-bounds access of an array or bytesN",
    b"\x41": "out of memory",
    b"\x51": "uninitialized function",
}
"""By the code's last byte (Solidity, "Panic via assert and Error via require")."""

_WORD: Final = 32


def revert_words(returned: bytes, elsewhere: ContractElsewhere | None = None) -> str:
    """`execution reverted`, followed by the reason if the data tell one, and by who couldn't be seen."""
    told = [_reason(returned), None if elsewhere is None else _cannot_see(elsewhere)]
    reasons = [reason for reason in told if reason is not None]
    return f"execution reverted: {'; '.join(reasons)}" if reasons else "execution reverted"


def revert_data(returned: bytes, elsewhere: ContractElsewhere | None = None) -> bytes:
    """What it returned; if that is nothing, who couldn't be seen, as `require` would have said it.

    Where there are data, if only empty ones, ethers shows what they say and drops the message.
    """
    return returned if returned or elsewhere is None else _encode_error(_cannot_see(elsewhere))


def _cannot_see(elsewhere: ContractElsewhere) -> str:
    return (
        f"{data(elsewhere.recipient)} lives under shard key 0x{elsewhere.shard_key:08x}, "
        f"this call runs under 0x{elsewhere.caller_key:08x}; "
        'see "Where a contract lives" in the README'
    )


def _reason(returned: bytes) -> str | None:
    selector, arguments = returned[:4], returned[4:]
    if selector == _ERROR:
        return _decode_string(arguments)
    if selector == _PANIC and len(arguments) >= _WORD:
        return _panic_words(arguments[:_WORD])
    return None


def _panic_words(code: bytes) -> str:
    words = None if any(code[:-1]) else _PANIC_WORDS.get(code[-1:])
    return words or f"unknown panic code: {int.from_bytes(code, 'big'):#x}"


def _encode_error(reason: str) -> bytes:
    text = reason.encode()
    head = _WORD.to_bytes(_WORD, "big") + len(text).to_bytes(_WORD, "big")
    return _ERROR + head + text + bytes(-len(text) % _WORD)


def _decode_string(arguments: bytes) -> str | None:
    """The one dynamic string argument, or None if the encoding is broken."""
    start = int.from_bytes(arguments[:_WORD], "big") + _WORD
    if start > len(arguments):
        return None
    size = int.from_bytes(arguments[start - _WORD : start], "big")
    if start + size > len(arguments):
        return None
    return arguments[start : start + size].decode("utf-8", "replace")
