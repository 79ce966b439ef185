"""MODEXP at its edges; state tests cover the middle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.runners.evm.precompiles import modexp

numbers = st.binary(max_size=40)


def encode(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    sizes = b"".join(len(part).to_bytes(32, "big") for part in (base, exponent, modulus))
    return sizes + base + exponent + modulus


@given(numbers, numbers, numbers)
def test_the_result_is_as_long_as_the_modulus(
    base: bytes, exponent: bytes, modulus: bytes
) -> None:
    b, e, m = (int.from_bytes(part, "big") for part in (base, exponent, modulus))
    expected = pow(b, e, m) if m else 0
    output = modexp.run(encode(base, exponent, modulus))
    assert output == expected.to_bytes(len(modulus), "big")


def test_an_empty_base_is_zero_and_zero_to_the_zeroth_is_one() -> None:
    assert modexp.run(encode(b"", b"", b"\x05")) == b"\x01"
    assert modexp.run(encode(b"", b"\x02", b"\x05")) == b"\x00"


def test_a_huge_exponent_costs_before_it_is_read() -> None:
    sizes = (1).to_bytes(32, "big") + (2**255).to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert modexp.gas(sizes) > 2**250
    empty = bytes(32) + (2**255).to_bytes(32, "big") + bytes(32)
    assert (modexp.gas(empty), modexp.run(empty)) == (200, b"")


@pytest.mark.parametrize(
    ("sizes", "gas"), [((1, 32, 32), 1360), ((256, 1, 256), 2389), ((0, 0, 0), 200)]
)
def test_prices_are_eip_2565s(sizes: tuple[int, int, int], gas: int) -> None:
    parts = [b"\xff" * size for size in sizes]
    assert modexp.gas(encode(*parts)) == gas
