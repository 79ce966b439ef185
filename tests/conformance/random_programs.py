"""Random EVM programs that mostly work: a stack deep enough, jumps that mostly hit, small numbers.

Completely random bytes fail at once and alike everywhere. These get through loops of calls, storage,
logs, creations and self-destructs, and fail only sometimes.
"""

from __future__ import annotations

import random

from eth.vm import opcode_values as op
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES

from quarkparsec.limits import STACK_WORDS_MAX
from quarkparsec.runners.evm.instructions.table import PRAGUE
from tests.runners.assembler import push

CALLS = (op.CALL, op.CALLCODE, op.DELEGATECALL, op.STATICCALL)
CREATIONS = (op.CREATE, op.CREATE2)
ENDS = (op.STOP, op.RETURN, op.REVERT, op.SELFDESTRUCT)
JUMPS = (op.JUMP, op.JUMPI, op.JUMPDEST)
PUSHES = tuple(range(op.PUSH0, op.SWAP16 + 1))
PLAIN = [
    opcode for opcode in PRAGUE_OPCODES if opcode not in CALLS + CREATIONS + ENDS + JUMPS + PUSHES
]

NEAR = {
    op.MLOAD: 1,
    op.MSTORE: 1,
    op.MSTORE8: 1,
    op.SHA3: 2,
    op.CALLDATACOPY: 3,
    op.CODECOPY: 3,
    op.RETURNDATACOPY: 3,
    op.MCOPY: 3,
    op.LOG0: 2,
    op.LOG1: 2,
    op.LOG2: 2,
    op.LOG3: 2,
    op.LOG4: 2,
}
"""How many of the topmost words say which memory is meant: large ones cost all the gas."""

EDGES = (0, 1, 2, 31, 32, 33, 64, 255, 256, 2**255 - 1, 2**255, 2**256 - 1)


class Generator:
    """Makes programs from a seed."""

    def __init__(self, seed: int, targets: list[bytes]) -> None:
        self.random = random.Random(seed)
        self.targets = targets

    def program(self) -> bytes:
        """A program of some dozens of instructions."""
        parts: list[bytes] = []
        depth = 0
        for _ in range(self.random.randint(10, 80)):
            part, change = self._part(depth)
            depth = max(0, depth + change)
            parts.append(part)
        return self._link([*parts, self._end(depth)])

    def data(self) -> bytes:
        return self.random.randbytes(self.random.choice((0, 4, 36, 100)))

    def _part(self, depth: int) -> tuple[bytes, int]:
        """Some code, and by how much it makes the stack deeper."""
        choice = self.random.random()
        if choice < 0.35 or depth < 2:
            return self._push(), 1
        if choice < 0.45:
            size = self.random.randint(1, min(depth, 16))
            return bytes((op.DUP1 + size - 1,)), 1
        if choice < 0.53:
            size = self.random.randint(1, min(depth - 1, 16))
            return bytes((op.SWAP1 + size - 1,)), 0
        if choice < 0.58:
            return bytes((op.JUMPDEST,)), 0
        if choice < 0.61:
            return self._jump()
        if choice < 0.67:
            return self._memory()
        if choice < 0.75:
            return self._storage()
        if choice < 0.81:
            return self._call(), 1
        if choice < 0.83:
            return self._creation(), 1
        return self._plain(depth)

    def _push(self) -> bytes:
        bits = self.random.choice((4, 8, 16, 256))
        number = self.random.choice((self.random.getrandbits(bits), self.random.choice(EDGES)))
        return push(number)

    def _jump(self) -> tuple[bytes, int]:
        conditional = self.random.random() < 0.8
        return b"\x61??" + bytes((op.JUMPI if conditional else op.JUMP,)), -1 if conditional else 0

    def _memory(self) -> tuple[bytes, int]:
        opcode, change = self.random.choice(((op.MSTORE, -1), (op.MLOAD, 1), (op.MSTORE8, -1)))
        return push(self.random.choice((0, 5, 32, 64))) + bytes((opcode,)), change

    def _storage(self) -> tuple[bytes, int]:
        opcode, change = self.random.choice(
            ((op.SSTORE, -1), (op.SLOAD, 1), (op.TSTORE, -1), (op.TLOAD, 1))
        )
        if change < 0 and self.random.random() < 0.4:
            return push(self.random.randint(0, 1)) + push(self.random.randint(0, 2)) + bytes(
                (opcode,)
            ), 0
        return push(self.random.randint(0, 2)) + bytes((opcode,)), change

    def _call(self) -> bytes:
        opcode = self.random.choice(CALLS)
        window = [self.random.choice((0, 4, 32, 36)) for _ in range(4)]
        words = [push(word) for word in window]
        if opcode in (op.CALL, op.CALLCODE):
            words.append(push(self.random.choice((0, 0, 1, 7))))
        words.append(b"\x73" + self.random.choice(self.targets))
        words.append(push(self.random.choice((0, 100, 5000, 100_000))))
        return b"".join(words) + bytes((opcode,))

    def _creation(self) -> bytes:
        """Deploy up to 32 bytes of what is in memory at 0, as init code."""
        salt = push(self.random.randint(0, 1))
        words = push(self.random.choice((0, 5, 32))) + push(0) + push(self.random.randint(0, 1))
        if self.random.random() < 0.5:
            return words + bytes((op.CREATE,))
        return salt + words + bytes((op.CREATE2,))

    def _plain(self, depth: int) -> tuple[bytes, int]:
        opcode = self.random.choice(PLAIN)
        _, _, pops, most = PRAGUE[opcode]
        near = NEAR.get(opcode, 0) if self.random.random() < 0.9 else 0
        if pops - near > depth:
            return self._push(), 1
        pushes = STACK_WORDS_MAX + pops - most
        words = [push(self.random.choice((0, 0, 1, 32))) for _ in range(near)]
        return b"".join(words) + bytes((opcode,)), pushes - pops + near

    def _end(self, depth: int) -> bytes:
        choice = self.random.random()
        if choice < 0.5:
            return (push(0) + bytes((op.MSTORE,)) if depth else b"") + push(32) + push(0) + b"\xf3"
        if choice < 0.6:
            return push(self.random.choice((0, 32))) + push(0) + bytes((op.REVERT,))
        if choice < 0.7:
            return b"\x73" + self.random.choice(self.targets) + bytes((op.SELFDESTRUCT,))
        return bytes((op.STOP,))

    def _link(self, parts: list[bytes]) -> bytes:
        """Fill in where jumps go: mostly to a JUMPDEST, and mostly forward, so that loops end."""
        starts, code = [], b""
        for part in [bytes((op.JUMPDEST,)), *parts]:
            starts.append(len(code))
            code += part
        landings = [at for at in starts if code[at] == op.JUMPDEST]
        linked = bytearray(code)
        for at in starts:
            if code[at + 1 : at + 3] == b"??":
                ahead = [landing for landing in landings if landing > at]
                choice = self.random.random()
                wild = [self.random.randrange(len(code))]
                somewhere = ahead if ahead and choice < 0.8 else landings
                target = self.random.choice(somewhere if choice < 0.95 else wild)
                linked[at + 1 : at + 3] = target.to_bytes(2, "big")
        return bytes(linked)
