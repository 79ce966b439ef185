"""The native library, as EIP-2537 wants it, against py-evm's pure Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth.exceptions import VMError
from eth.precompiles import bls12_381 as theirs
from py_ecc import optimized_bls12_381 as reference

from quarkparsec.errors import InvalidInput
from quarkparsec.runners.evm.precompiles import bls12_381 as ours
from quarkparsec.runners.evm.precompiles.bls12_381 import FIELD_MODULUS
from quarkparsec.runners.evm.precompiles.table import PRAGUE

Run = Callable[[bytes], bytes]


class Computation:
    """As much of a computation as py-evm's precompiles look at."""

    def __init__(self, data: bytes) -> None:
        self.msg = self
        self.data = data
        self.gas = 0
        self.output = b""

    def consume_gas(self, amount: int, reason: str) -> None:
        self.gas += amount


def element(value: Any) -> bytes:
    return int(value).to_bytes(64, "big")


def g1(scalar: int) -> bytes:
    return b"".join(map(element, reference.normalize(reference.multiply(reference.G1, scalar))))


def g2(scalar: int) -> bytes:
    x, y = reference.normalize(reference.multiply(reference.G2, scalar))
    return b"".join(map(element, (*x.coeffs, *y.coeffs)))


def g1_outside_the_subgroup() -> bytes:
    """(0, 2): on the curve y² = x³ + 4, of order 3."""
    return element(0) + element(2)


G1, G2 = bytes(128), bytes(256)
"""Points at infinity."""
SCALAR = (2**256 - 5).to_bytes(32, "big")

INPUTS: dict[str, tuple[int, Any, list[bytes]]] = {
    "g1 add": (0x0B, theirs.bls12_g1_add, [g1(3) + g1(5), g1(3) + g1(3), G1 + g1(2), G1 + G1]),
    "g1 add outside": (0x0B, theirs.bls12_g1_add, [g1_outside_the_subgroup() + g1(1)]),
    "g1 msm": (0x0C, theirs.bls12_g1_msm, [g1(3) + SCALAR, g1(3) + SCALAR + G1 + SCALAR]),
    "g2 add": (0x0D, theirs.bls12_g2_add, [g2(3) + g2(5), g2(3) + g2(3), G2 + g2(2)]),
    "g2 msm": (0x0E, theirs.bls12_g2_msm, [g2(3) + SCALAR]),
    "map fp": (0x10, theirs.bls12_map_fp_to_g1, [element(5), element(FIELD_MODULUS - 1)]),
    "map fp2": (0x11, theirs.bls12_map_fp2_to_g2, [element(5) + element(6)]),
}
BAD: dict[str, tuple[int, bytes]] = {
    "short": (0x0B, g1(1)),
    "not on the curve": (0x0B, element(1) + element(1) + g1(1)),
    "too large": (0x0B, element(FIELD_MODULUS) + element(0) + g1(1)),
    "padding": (0x10, b"\x01" + element(5)[1:]),
    "no pairs": (0x0C, b""),
    "g1 msm outside": (0x0C, g1_outside_the_subgroup() + SCALAR),
    "half a pair": (0x0F, g1(1)),
    "pairing outside": (0x0F, g1_outside_the_subgroup() + g2(1)),
    "fp2 too large": (0x11, element(5) + element(FIELD_MODULUS)),
}


def at(number: int) -> Any:
    return PRAGUE[number.to_bytes(20, "big")]  # type: ignore[index]


@pytest.mark.parametrize(("number", "their_run", "inputs"), INPUTS.values(), ids=INPUTS)
def test_outputs_and_prices_are_py_evms(number: int, their_run: Any, inputs: list[bytes]) -> None:
    for data in inputs:
        computation = Computation(data)
        their_run(computation)
        assert at(number).gas(data) == computation.gas
        assert at(number).run(data) == computation.output


@pytest.mark.parametrize(("number", "data"), BAD.values(), ids=BAD)
def test_a_bad_input_is_refused(number: int, data: bytes) -> None:
    with pytest.raises(InvalidInput):
        at(number).run(data)


def test_py_evm_refuses_a_bad_input_too() -> None:
    with pytest.raises(VMError):
        theirs.bls12_g1_msm(Computation(BAD["g1 msm outside"][1]))


def test_a_pairing_is_bilinear() -> None:
    minus = reference.curve_order - 3
    assert ours.pairing(g1(3) + g2(5) + g1(minus) + g2(5)) == (1).to_bytes(32, "big")
    assert ours.pairing(g1(3) + g2(5) + g1(minus) + g2(6)) == bytes(32)
    assert ours.pairing(G1 + g2(5)) == (1).to_bytes(32, "big")
    assert ours.pairing_gas(bytes(768)) == 37_700 + 2 * 32_600


@pytest.mark.parametrize("pairs", [1, 2, 128, 129])
def test_many_pairs_have_a_discount(pairs: int) -> None:
    first, second = ours.g1_msm_gas(bytes(160 * pairs)), ours.g2_msm_gas(bytes(288 * pairs))
    g1_discount = theirs.bls12_381_g1.G1_MSM_DISCOUNTS[min(pairs, 128) - 1]
    g2_discount = theirs.bls12_381_g2.G2_MSM_DISCOUNTS[min(pairs, 128) - 1]
    assert first == pairs * 12_000 * g1_discount // 1000
    assert second == pairs * 22_500 * g2_discount // 1000
