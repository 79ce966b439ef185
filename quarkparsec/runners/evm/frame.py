"""One running call: its code, stack, memory and gas.

Methods named after py-evm's (`stack_…`, `memory_…`, `consume_gas`, …) are there because its instructions
call them. The stack holds ints only; an instruction that thinks in bytes gets them converted. The
interpreter checks the stack's bounds before each instruction, so nothing here checks them again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from eth.exceptions import OutOfGas

from quarkparsec.chain.log import Log
from quarkparsec.limits import ANALYSED_CODES_MAX
from quarkparsec.runners.evm.call_data import CallData
from quarkparsec.runners.evm.world import World
from quarkparsec.types import Hash32, Recipient

WORD_BYTES: Final = 32

_JUMPDEST: Final = 0x5B
_PUSH0: Final = 0x5F
_PUSH32: Final = 0x7F


class Message(NamedTuple):
    """Who calls whom with what; doesn't change while the frame runs."""

    sender: Recipient
    """CALLER."""
    storage_address: Recipient
    """ADDRESS: whose storage and balance the code works on."""
    value: int
    """CALLVALUE, in wei."""
    data: CallData
    depth: int
    is_static: bool

    @property
    def data_as_bytes(self) -> CallData:
        """py-evm's name for `data`, of which it only takes slices."""
        return self.data


class Frame:
    """The machine state of one call (Yellow Paper, section 9.4.1)."""

    __slots__ = (
        "_memory",
        "code",
        "gas",
        "jump_destinations",
        "msg",
        "output",
        "pc",
        "return_data",
        "stack",
        "state",
    )

    def __init__(self, world: World, message: Message, code: bytes, gas: int) -> None:
        self.state = world
        self.msg = message
        self.code = code
        self.gas = gas
        self.pc = 0
        self.stack: list[int] = []
        self._memory = bytearray()
        self.jump_destinations = _destinations(world, code)
        self.return_data = b""
        """What the last call or creation made here returned."""
        self.output = b""
        """What this frame returns or reverts with."""

    @property
    def transaction_context(self) -> World:
        return self.state

    # --- gas

    def consume_gas(self, amount: int, reason: str = "") -> None:
        """Pay `amount` or end the frame."""
        if amount > self.gas:
            raise OutOfGas
        self.gas -= amount

    # --- memory

    @property
    def memory(self) -> bytearray:
        return self._memory

    def extend_memory(self, start: int, size: int) -> None:
        """Make [start, start + size) addressable and pay for the growth."""
        if size and start + size > len(self._memory):
            words = (start + size + 31) // WORD_BYTES
            before = len(self._memory) // WORD_BYTES
            self.consume_gas(_memory_gas(words) - _memory_gas(before))
            self._memory.extend(bytes((words - before) * WORD_BYTES))

    def memory_read_bytes(self, start: int, size: int) -> bytes:
        return bytes(self._memory[start : start + size])

    def memory_write(self, start: int, size: int, value: bytes) -> None:
        if size:
            self._memory[start : start + size] = value

    def memory_copy(self, destination: int, source: int, size: int) -> None:
        if size:
            self._memory[destination : destination + size] = self._memory[source : source + size]

    # --- stack

    def stack_pop1_int(self) -> int:
        return self.stack.pop()

    def stack_pop1_bytes(self) -> bytes:
        word = self.stack.pop()
        return word.to_bytes((word.bit_length() + 7) // 8, "big")

    def stack_pop_ints(self, count: int) -> tuple[int, ...]:
        words = tuple(self.stack[: -count - 1 : -1])
        del self.stack[-count:]
        return words

    def stack_push_int(self, word: int) -> None:
        self.stack.append(word)

    def stack_push_bytes(self, word: bytes) -> None:
        self.stack.append(int.from_bytes(word, "big"))

    # --- logs

    def add_log_entry(self, account: Recipient, topics: tuple[int, ...], data: bytes) -> None:
        words = tuple([Hash32(topic.to_bytes(WORD_BYTES, "big")) for topic in topics])
        self.state.logs.append(Log(account, words, data))


def _destinations(world: World, code: bytes) -> bytes:
    """Those of `code`, found once a transaction.

    A code is read for 2,600 gas and runs again for 100: that doesn't pay for looking through it again,
    and a transaction can meet more codes than are kept.
    """
    destinations = world.destinations.get(code)
    if destinations is None:
        destinations = world.destinations[code] = jump_destinations(code)
    return destinations


@lru_cache(ANALYSED_CODES_MAX)
def jump_destinations(code: bytes) -> bytes:
    """One byte for each of `code`: 1 where a JUMPDEST is an instruction and not a PUSH's data."""
    destinations = bytearray(len(code))
    position, size = 0, len(code)
    while position < size:
        opcode = code[position]
        if opcode == _JUMPDEST:
            destinations[position] = 1
        position += opcode - _PUSH0 + 1 if _PUSH0 < opcode <= _PUSH32 else 1
    return bytes(destinations)


def _memory_gas(words: int) -> int:
    return 3 * words + words * words // 512
