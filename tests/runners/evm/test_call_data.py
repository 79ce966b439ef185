"""Call data: a window onto a memory is like the bytes that lie there, but nothing is copied for it."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.runners.evm.call_data import COPIED_BYTES_MAX, Window, call_data
from tests.runners.assembler import assemble
from tests.runners.scene import Scene, recipient

LONG = 4 * COPIED_BYTES_MAX
MEMORY = bytes(number % 251 for number in range(LONG))
CALLER, CALLEE = recipient(0xC0), recipient(0xD0)
INDEXES = st.none() | st.integers(-10, 40)


@given(st.integers(0, 10), st.integers(0, 20), INDEXES, INDEXES)
def test_a_window_is_cut_like_the_bytes_in_it(
    start: int, size: int, low: int | None, high: int | None
) -> None:
    window, copy = Window(bytearray(MEMORY), start, size), MEMORY[start : start + size]
    assert len(window) == len(copy)
    assert window[low:high] == copy[low:high]


def test_a_long_input_is_looked_at_where_it_lies_a_short_one_is_copied() -> None:
    memory = bytearray(MEMORY)
    long, short = call_data(memory, 1, COPIED_BYTES_MAX + 1), call_data(memory, 1, 5)
    memory[1:3] = b"\xff\xff"
    assert long[:3] == b"\xff\xff" + MEMORY[3:4]
    assert short == MEMORY[1:6]


def calling(to: int, size: int) -> bytes:
    """Put MEMORY into the memory, and call with `size` bytes of it; keep the first word that is returned."""
    fill = assemble(f"{LONG} 0 0 CALLDATACOPY")
    return fill + assemble(f"32 0 {size} 0 0 {to} GAS CALL POP 0 MLOAD 0 SSTORE STOP")


def test_a_callee_reads_a_long_input_as_its_caller_has_it() -> None:
    scene = Scene()
    last = LONG - 16
    echo = f"{last} CALLDATALOAD CALLDATASIZE 3 {LONG - 3} 0 CALLDATACOPY 0 MLOAD ADD ADD 0 MSTORE 32 0 RETURN"
    scene.contract(CALLEE, assemble(echo))
    scene.contract(CALLER, calling(int.from_bytes(CALLEE, "big"), LONG))
    assert scene.execute(CALLER, data=MEMORY).status == 1
    loaded = int.from_bytes(MEMORY[last:].ljust(32, b"\0"), "big")
    copied = int.from_bytes(MEMORY[-3:].ljust(32, b"\0"), "big")
    assert scene.slot(CALLER, 0) == (loaded + copied + LONG) % 2**256


def test_a_precompiled_contract_reads_a_long_input() -> None:
    scene = Scene()
    scene.contract(CALLER, calling(2, LONG - 1))
    assert scene.execute(CALLER, data=MEMORY).status == 1
    assert scene.slot(CALLER, 0) == int.from_bytes(hashlib.sha256(MEMORY[:-1]).digest(), "big")
