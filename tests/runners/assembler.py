"""EVM programs as words: `assemble("7 0 SSTORE STOP")` stores 7 in slot 0."""

from __future__ import annotations

from eth.vm import opcode_values


def assemble(program: str) -> bytes:
    """Numbers are pushed (as short as they go, at least one byte), names are opcodes."""
    return b"".join([_encode(word) for word in program.split()])


def _encode(word: str) -> bytes:
    if word[0].isdigit():
        return push(int(word, 0))
    if word == "INVALID":
        return b"\xfe"
    return bytes((getattr(opcode_values, word),))


def push(number: int) -> bytes:
    """PUSH1 to PUSH32."""
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes((opcode_values.PUSH1 + size - 1,)) + number.to_bytes(size, "big")


def returning(words: int) -> str:
    """Return the `words` topmost words of the stack, the topmost first."""
    stores = [f"{32 * index} MSTORE" for index in range(words)]
    return " ".join([*stores, f"{32 * words} 0 RETURN"])


def deploying(code: bytes) -> bytes:
    """Init code that deploys `code`."""
    size = len(push(len(code)))
    start = size + 1 + 2 + 2 + 1 + 2 + 1  # how long the program below is
    return assemble(f"{len(code)} DUP1 {start} 0 CODECOPY 0 RETURN") + code
